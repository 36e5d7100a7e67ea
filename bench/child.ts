// One sample of one contender, as a line of JSON.
import { type Suite, take } from "./Sample.ts"

const [suiteName, contender] = process.argv.slice(2)
const { suite } = (await import(`./suites/${suiteName}.ts`)) as { readonly suite: Suite }
console.log(`\n${JSON.stringify(await take(suite, contender!))}`)
process.exit(0)
