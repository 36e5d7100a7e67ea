// What shared limits add to a call that need not wait. Each process takes all kinds of limits in turn, a few calls of one
// and then of the next, so that all of them see the same machine; each kind has a Redis of its own, which counts its work.
//
//   npm run scale:cost -- [--calls 1000] [--pause 5] [--replicas 1,8]
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
import { createClient } from "redis"
import { freePort, TestRedis } from "../../test/support/redis.ts"
import { connect, type Limits, type Pass } from "./limiters.ts"
import { milliseconds } from "./Replica.ts"

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "1000" },
    pause: { type: "string", default: "5" },
    replicas: { type: "string", default: "1,8" },
    child: { type: "string" }
  }
})

const kinds = {
  "own limits": { kind: "own limits", allowance: 0 },
  "a bare script": { kind: "bare", allowance: 0 },
  "a bare script, and one not waited for": { kind: "bare", allowance: 1 },
  "headgate, exact": { kind: "headgate", allowance: 0 },
  "headgate, allowance 50": { kind: "headgate", allowance: 50 },
  "rate-limiter-flexible": { kind: "rate-limiter-flexible", allowance: 0 },
  bottleneck: { kind: "bottleneck", allowance: 0 }
} as const

type Name = keyof typeof kinds
const names = Object.keys(kinds) as ReadonlyArray<Name>

interface Plan {
  readonly calls: number
  /** Mean pause between calls. */
  readonly pauseMillis: number
  readonly ports: Readonly<Record<Name, number>>
}

interface Measured {
  readonly took: ReadonlyArray<number>
  /** Milliseconds of CPU of the process. */
  readonly cpu: number
}

const block = 20
const warmUp = 300

/** What a decision takes at least: the driver, the way to Redis and back, and a script that does nothing. */
const bare = async (port: number, unawaited: number): Promise<Pass> => {
  const client = createClient({ socket: { port, connectTimeout: 60_000 }, commandOptions: { timeout: 0 } })
  await client.connect()
  const sha = await client.scriptLoad("return 0")
  const send = () => client.sendCommand(["EVALSHA", sha, "0"])
  return async (work) => {
    await send()
    const result = await work()
    for (let i = 0; i < unawaited; i++) void send()
    return result
  }
}

/** Connects for as long as the process lives. */
const passOf = async (name: Name, port: number): Promise<Pass> => {
  const { allowance, kind } = kinds[name]
  if (kind === "bare") return bare(port, allowance)
  const limits = { perSecond: 100_000, permits: 100, burst: 1000, leaseMillis: 10_000 }
  const use = await connect({ ...limits, kind, allowance, port } satisfies Limits)
  return new Promise((resolve) => {
    void use((pass) => {
      resolve(pass)
      return new Promise(() => {})
    })
  })
}

const cpu = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

const pausing = (mean: number) =>
  mean === 0 ? undefined : new Promise((done) => setTimeout(done, mean * (0.5 + Math.random())))

const measure = async ({ calls, pauseMillis, ports }: Plan): Promise<Readonly<Record<Name, Measured>>> => {
  const measured = Object.fromEntries(names.map((name) => [name, { took: [] as Array<number>, cpu: 0 }])) as Record<
    Name,
    { took: Array<number>; cpu: number }
  >
  const passes = await Promise.all(names.map(async (name) => [name, await passOf(name, ports[name])] as const))
  for (const [, pass] of passes) for (let i = 0; i < warmUp; i++) await pass(async () => {})
  process.stdout.write("ready\n")
  await once(process.stdin, "data")
  for (let round = 0; round < calls / block; round++)
    for (const [name, pass] of passes) {
      const before = cpu()
      for (let i = 0; i < block; i++) {
        const from = milliseconds()
        await pass(async () => void measured[name].took.push(milliseconds() - from))
        await pausing(pauseMillis)
      }
      measured[name].cpu += cpu() - before
    }
  return measured
}

/**
 * Scripts that clients have asked for, without the three of each of headgate's heartbeats, which come by time; and the
 * microseconds that all scripts took Redis.
 */
const scriptsOf = (name: Name, port: number) => {
  const { stdout } = spawnSync("redis-cli", ["-p", String(port), "info", "commandstats"], { encoding: "utf8" })
  const counted = [...stdout.matchAll(/^cmdstat_(?:eval|evalsha|multi|exec):calls=(\d+),usec=(\d+)/gm)]
  const beats = name.startsWith("headgate") ? Number(/^cmdstat_zadd:calls=(\d+)/m.exec(stdout)?.[1] ?? 0) : 0
  const all = counted.reduce((sum, [, calls]) => sum + Number(calls), 0)
  const micros = counted.reduce((sum, [, , micros]) => sum + Number(micros), 0)
  return { all, calls: all - 3 * beats, micros }
}

class Child {
  readonly ready: Promise<unknown>
  readonly result: Promise<Readonly<Record<Name, Measured>>>
  readonly #process

  constructor(plan: Plan) {
    const child = spawn(process.execPath, [import.meta.filename, "--child", JSON.stringify(plan)], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    this.#process = child
    let text = ""
    this.ready = new Promise((done, fail) => {
      child.stdout.on("data", (chunk) => {
        text += chunk
        if (text.includes("ready")) done(undefined)
      })
      child.on("close", () => fail(new Error("a process ended before it was ready")))
    })
    this.result = once(child, "close").then(() => JSON.parse(text.slice(text.lastIndexOf("\n") + 1)))
  }

  end(): void {
    this.#process.kill("SIGKILL")
  }

  begin(): void {
    this.#process.stdin.write("go\n")
  }
}

const trial = async (count: number, pauseMillis: number) => {
  const stores = await Promise.all(
    names.map(async (name) => {
      const redis = new TestRedis(await freePort())
      await redis.start()
      return [name, redis] as const
    })
  )
  const ports = Object.fromEntries(stores.map(([name, { port }]) => [name, port])) as Plan["ports"]
  const children = Array.from(
    { length: count },
    () => new Child({ calls: Number(values.calls) / count, pauseMillis, ports })
  )
  try {
    await report(children, ports, pauseMillis)
  } finally {
    for (const child of children) child.end()
    for (const [, redis] of stores) await redis.remove()
  }
}

/** Lets the children measure, and prints a line for each kind of limits. */
const report = async (children: ReadonlyArray<Child>, ports: Plan["ports"], pauseMillis: number) => {
  await Promise.all(children.map(({ ready }) => ready))
  const before = names.map((name) => scriptsOf(name, ports[name]))
  for (const child of children) child.begin()
  const results = await Promise.all(children.map(({ result }) => result))
  process.stdout.write(`\n${children.length} replicas, pause ${pauseMillis} ms\n`)
  for (const [i, name] of names.entries()) {
    const took = results.flatMap((result) => result[name].took).toSorted((a, b) => a - b)
    const cpu = results.reduce((sum, result) => sum + result[name].cpu, 0) / took.length
    const after = scriptsOf(name, ports[name])
    const scripts = after.calls - before[i]!.calls
    const each = (after.micros - before[i]!.micros) / Math.max(1, after.all - before[i]!.all)
    const at = (share: number) => took[Math.floor(took.length * share)]!.toFixed(3)
    process.stdout.write(
      `${name.padEnd(38)} p10 ${at(0.1)}, p50 ${at(0.5)}, p95 ${at(0.95)} ms, CPU ${cpu.toFixed(3)} ms, ` +
        `${(scripts / took.length).toFixed(2)} scripts a call, ${each.toFixed(0)} µs of Redis each\n`
    )
  }
}

if (values.child !== undefined) {
  process.stdout.write(`\n${JSON.stringify(await measure(JSON.parse(values.child)))}`, () => process.exit(0))
} else {
  for (const count of values.replicas.split(",").map(Number)) {
    // As many calls a second in all, however many replicas.
    for (const pauseMillis of count === 1 ? [Number(values.pause), 0] : [Number(values.pause) * count])
      await trial(count, pauseMillis)
  }
  process.exit(0)
}
