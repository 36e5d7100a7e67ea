// Sends malformed requests and broken replies at the gateway, and reports what it does wrong.
//
//   npm run fuzz -- --cases 100000 --seed 1
//   npm run fuzz -- --seed 1 --only 4711       one case again
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { fuzz } from "../test/support/fuzz/Fuzz.ts"

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" }
  }
})

const started = performance.now()
const { cases, found, growth, kinds } = await Effect.runPromise(
  fuzz({
    cases: Number(values.cases),
    seed: Number(values.seed),
    only: values.only === undefined ? undefined : Number(values.only),
    tell: (done) => {
      if (done > 0 && done % 5000 === 0)
        console.log(`${done} cases, ${Math.round((performance.now() - started) / 1000)} s`)
    }
  })
)

for (const [kind, count] of [...kinds].sort()) console.log(`${String(count).padStart(7)}  ${kind}`)
for (const fault of found.slice(0, 100)) console.log(fault)
const seconds = Math.round((performance.now() - started) / 1000)
console.log(
  `${cases} cases in ${seconds} s: ${found.length} faults, a fifth of them added ${(growth / 2 ** 20).toFixed(1)} MiB at least`
)
process.exitCode = found.length === 0 ? 0 : 1
