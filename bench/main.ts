// Compares headgate with its peers: a fresh process for each sample, in rounds, so that a machine whose speed drifts treats all alike.
//   npm run bench -- [--quick] [part of a suite's name ...]
import { execFile } from "node:child_process"
import { readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Sample, Suite } from "./Sample.ts"
import { table } from "./Table.ts"

const run = promisify(execFile)
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const [quick, wanted] = [process.argv.includes("--quick"), process.argv.slice(2).filter((arg) => !arg.startsWith("--"))]
const rounds = quick ? 3 : 5

const sample = async (suite: string, contender: string): Promise<Sample> => {
  const { stdout } = await run(process.execPath, ["--expose-gc", path("child.ts"), suite, contender], {
    timeout: 300_000
  })
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1)) as Sample
}

const suites = readdirSync(path("suites"))
  .map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()

const sections: Array<string> = []
for (const name of suites) {
  const { suite } = (await import(`./suites/${name}.ts`)) as { readonly suite: Suite }
  const samples = new Map<string, Array<Sample>>(suite.contenders.map((contender) => [contender.name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [contender, taken] of samples) taken.push(await sample(name, contender))
    process.stderr.write(`\r${suite.title}: round ${round + 1} of ${rounds}   `)
  }
  process.stderr.write("\n")
  const section = table(suite, samples)
  console.log(section)
  sections.push(section)
}

const head = [
  "# Results",
  "",
  `Node ${process.version}, ${process.platform} ${process.arch}; \`npm run bench\` repeats them. A sample is a process of its own; ${rounds} rounds, each`,
  "with one sample of every contender. µs are medians with the least and the most; a ratio is the median of the ratios within a round,",
  "to the first contender with the same load.",
  '"CPU" comes right after a forced garbage collection, "warm" is the least of three rounds after that.',
  ""
]
if (wanted.length === 0) writeFileSync(path("RESULTS.md"), [...head, ...sections].join("\n"))
