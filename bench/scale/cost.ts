// What shared limits add to a call that need not wait: its time through the limits beside that of limits of the process's
// own, and the commands that Redis runs for it.
//
//   npm run scale:cost -- [--calls 2000] [--pause 5] [--replicas 1,8]
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
import { createClient } from "redis"
import { freePort, TestRedis } from "../../test/support/redis.ts"
import { connect, type Limits, type Pass } from "./limiters.ts"
import { milliseconds } from "./Replica.ts"

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "2000" },
    pause: { type: "string", default: "5" },
    replicas: { type: "string", default: "1,8" },
    child: { type: "string" }
  }
})

interface Plan extends Omit<Limits, "kind"> {
  readonly kind: Limits["kind"] | "a round trip"
  readonly calls: number
  /** Mean pause between calls. */
  readonly pauseMillis: number
}

const warmUp = 300

const measure = async ({ calls, pauseMillis }: Plan, pass: Pass): Promise<ReadonlyArray<number>> => {
  const took: Array<number> = []
  for (let i = -warmUp; i < calls; i++) {
    const from = milliseconds()
    await pass(async () => {
      if (i >= 0) took.push(milliseconds() - from)
    })
    if (pauseMillis > 0) await new Promise((done) => setTimeout(done, pauseMillis * (0.5 + Math.random())))
  }
  return took
}

/** One round trip of the driver with an empty script: the floor of what a decision may take. */
const roundTrip = async (port: number): Promise<Pass> => {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, commandOptions: { timeout: 0 } })
  await client.connect()
  const sha = await client.scriptLoad("return 0")
  return async (work) => {
    await client.sendCommand(["EVALSHA", sha, "0"])
    return work()
  }
}

const timesOf = async (plan: Plan): Promise<ReadonlyArray<number>> => {
  if (plan.kind === "a round trip") return measure(plan, await roundTrip(plan.port))
  const use = await connect(plan as Limits)
  let took: ReadonlyArray<number> = []
  await use(async (pass) => {
    took = await measure(plan, pass)
  })
  return took
}

/** Commands of clients; what scripts call inside counts as their script. */
const commands = (port: number): number => {
  const { stdout } = spawnSync("redis-cli", ["-p", String(port), "info", "commandstats"], { encoding: "utf8" })
  const counted = /^cmdstat_(?:eval|evalsha|multi|exec):calls=(\d+)/gm
  return [...stdout.matchAll(counted)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

const child = async (plan: Plan): Promise<ReadonlyArray<number>> => {
  const process_ = spawn(process.execPath, [import.meta.filename, "--child", JSON.stringify(plan)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let text = ""
  process_.stdout.on("data", (chunk) => (text += chunk))
  await once(process_, "close")
  return JSON.parse(text.slice(text.lastIndexOf("\n") + 1))
}

const trial = async (name: string, count: number, part: Pick<Plan, "kind" | "allowance" | "pauseMillis">) => {
  const redis = new TestRedis(await freePort())
  await redis.start()
  const limits = { perSecond: 100_000, permits: 100, burst: 1000, leaseMillis: 10_000 }
  const plan: Plan = { ...limits, ...part, port: redis.port, calls: Number(values.calls) }
  const all = await Promise.all(Array.from({ length: count }, () => child(plan)))
  const took = all.flat().toSorted((a, b) => a - b)
  const asked = (commands(redis.port) / (took.length + warmUp * count)).toFixed(2)
  const at = (share: number) => took[Math.floor(took.length * share)]!.toFixed(3)
  process.stdout.write(
    `${name}, ${count} replicas, pause ${part.pauseMillis} ms: p10 ${at(0.1)}, p50 ${at(0.5)}, p95 ${at(0.95)} ms, ${asked} scripts a call\n`
  )
  await redis.remove()
}

const trials = [
  ["own limits", { kind: "own limits", allowance: 0 }],
  ["a round trip", { kind: "a round trip", allowance: 0 }],
  ["headgate, exact", { kind: "headgate", allowance: 0 }],
  ["headgate, allowance 50", { kind: "headgate", allowance: 50 }],
  ["rate-limiter-flexible", { kind: "rate-limiter-flexible", allowance: 0 }],
  ["bottleneck", { kind: "bottleneck", allowance: 0 }]
] as const

if (values.child !== undefined) {
  process.stdout.write(`\n${JSON.stringify(await timesOf(JSON.parse(values.child)))}`, () => process.exit(0))
} else {
  for (const count of values.replicas.split(",").map(Number)) {
    // As many calls a second in all, however many replicas.
    for (const pauseMillis of count === 1 ? [Number(values.pause), 0] : [Number(values.pause) * count])
      for (const [name, part] of trials) await trial(name, count, { ...part, pauseMillis })
  }
  process.exit(0)
}
