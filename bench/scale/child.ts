// One replica of `npm run scale`: keeps callers busy, and writes when their calls start and end on the host's own clock.
import { once } from "node:events"
import { writeSync } from "node:fs"
import { connect, type Limits } from "./limiters.ts"

export interface Plan extends Limits {
  readonly callers: number
  readonly workMillis: number
}

const plan: Plan = JSON.parse(process.argv[2]!)

// Written at once: what is said before a kill is heard.
const say = (word: string) => writeSync(1, `${word} ${process.hrtime.bigint()}\n`)

const work = async () => {
  say("start")
  await new Promise((done) => setTimeout(done, plan.workMillis))
  say("end")
}

const use = await connect(plan)
await use(async (pass) => {
  say("ready")
  await once(process.stdin, "data")
  const stop = new AbortController()
  const call = async () => {
    while (!stop.signal.aborted) await pass(work)
  }
  for (let i = 0; i < plan.callers; i++) void call()
  await once(process.stdin, "data")
  stop.abort()
})
say("closed")
process.exit(0)
