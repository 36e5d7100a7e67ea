// Several processes under one shared limit: starts, permits at once, use of the limit, and permits of killed replicas.
//
//   npm run scale -- --replicas 1,2,4,8 --seconds 60 [--work 100] [--rate 10|unlimited] [--permits 5] [--allowance 0]
//                    [--lease 10000] [--kills 0]
import { spawn } from "node:child_process"
import { parseArgs } from "node:util"
import { freePort, TestRedis } from "../../test/support/redis.ts"
import type { Plan } from "./replica.ts"

const { values } = parseArgs({
  options: {
    replicas: { type: "string", default: "1,2,4,8" },
    seconds: { type: "string", default: "60" },
    work: { type: "string", default: "100" },
    rate: { type: "string", default: "10" },
    permits: { type: "string", default: "5" },
    callers: { type: "string", default: "10" },
    allowance: { type: "string", default: "0" },
    lease: { type: "string", default: "10000" },
    kills: { type: "string", default: "0" }
  }
})

const seconds = Number(values.seconds)
const perSecond = values.rate === "unlimited" ? null : Number(values.rate)
const permits = Number(values.permits)
const lease = Number(values.lease)
const kills = Number(values.kills)

const milliseconds = () => Number(process.hrtime.bigint()) / 1e6
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

interface Edge {
  readonly at: number
  readonly change: 1 | -1
}

/** A replica, and its calls as it wrote them. */
class Replica {
  readonly edges: Array<Edge> = []
  readonly ready: Promise<void>
  readonly closed: Promise<void>
  readonly #process
  #isReady = () => {}
  running = 0

  constructor(plan: Plan) {
    this.#process = spawn(process.execPath, [new URL("replica.ts", import.meta.url).pathname, JSON.stringify(plan)], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    this.ready = new Promise((done) => (this.#isReady = done))
    this.closed = new Promise((done) => this.#process.on("close", () => done()))
    let rest = ""
    this.#process.stdout.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop()!
      for (const line of lines) this.#hear(line)
    })
  }

  tell(word: string): void {
    this.#process.stdin.write(`${word}\n`)
  }

  /** Ends it without a word; its calls end with it. Returns how many ran. */
  async kill(): Promise<number> {
    this.#process.kill("SIGKILL")
    await this.closed
    const held = this.running
    const at = milliseconds()
    for (let i = 0; i < held; i++) this.edges.push({ at, change: -1 })
    this.running = 0
    return held
  }

  #hear(line: string): void {
    const [word, nanos] = line.split(" ")
    if (word === "ready") this.#isReady()
    else if (word !== "start" && word !== "end" && word !== "closed") process.stderr.write(`${line}\n`)
    if (word !== "start" && word !== "end") return
    const change = word === "start" ? 1 : -1
    this.running += change
    this.edges.push({ at: Number(nanos) / 1e6, change })
  }
}

const judge = (edges: ReadonlyArray<Edge>, begin: number) => {
  // An end that is written in the same microsecond goes first.
  const sorted = edges.toSorted((a, b) => a.at - b.at || a.change - b.change)
  let [running, peak, busy, last] = [0, 0, 0, begin]
  for (const { at, change } of sorted) {
    busy += running * (at - last)
    last = at
    running += change
    peak = Math.max(peak, running)
  }
  const starts = sorted.filter(({ change }) => change === 1).map(({ at }) => at)
  let most = 0
  for (let i = 0, j = 0; i < starts.length; i++) {
    while (starts[i]! - starts[j]! >= 1000) j++
    most = Math.max(most, i - j + 1)
  }
  return { starts: starts.length, peak, busy: busy / (permits * (last - begin)), most }
}

/** Kills replicas one after the other under load; returns how long until as many calls ran again as before. */
const killOnce = async (replicas: Array<Replica>, plan: Plan): Promise<{ held: number; back: number }> => {
  await sleep(200 + (Math.random() * lease) / 4)
  const victim = Math.floor(Math.random() * replicas.length)
  const dead = replicas[victim]!
  const held = await dead.kill()
  const at = milliseconds()
  const others = replicas.filter((one) => one !== dead)
  const all = () => others.reduce((sum, { running }) => sum + running, 0)
  while (all() < permits && milliseconds() - at < 3 * lease) await sleep(5)
  const back = milliseconds() - at
  replicas[victim] = new Replica(plan)
  await replicas[victim].ready
  replicas[victim].tell("go")
  return { held, back }
}

const trial = async (count: number): Promise<void> => {
  const redis = new TestRedis(await freePort())
  await redis.start()
  const plan: Plan = {
    url: `redis://127.0.0.1:${redis.port}`,
    callers: Number(values.callers),
    workMillis: Number(values.work),
    allowance: Number(values.allowance),
    leaseMillis: lease,
    perSecond,
    permits
  }
  const replicas = Array.from({ length: count }, () => new Replica(plan))
  const every = [...replicas]
  try {
    await Promise.all(replicas.map(({ ready }) => ready))
    const begin = milliseconds()
    for (const replica of replicas) replica.tell("go")
    const killed: Array<{ held: number; back: number }> = []
    if (kills === 0) await sleep(seconds * 1000)
    for (let i = 0; i < kills; i++) {
      killed.push(await killOnce(replicas, plan))
      every.push(...replicas.filter((one) => !every.includes(one)))
    }
    // The last one that was started must have heard "go" before "stop".
    if (kills > 0) await sleep(1000)
    const took = (milliseconds() - begin) / 1000
    for (const replica of replicas) replica.tell("stop")
    await Promise.all(replicas.map(({ closed }) => closed))
    const edges = every.flatMap((one) => one.edges)
    const within = edges.filter(({ at }) => at < begin + took * 1000)
    const { busy, most, peak, starts } = judge(within, begin)
    const shares = every.map((one) => one.edges.filter(({ change }) => change === 1).length)
    const due = perSecond === null ? undefined : perSecond * took
    const used = due === undefined ? busy : starts / due
    process.stdout.write(
      `${count} replicas, ${took.toFixed(1)} s: ${starts} starts${due === undefined ? "" : ` of ${Math.floor(due)} + 1`}, ` +
        `${(100 * used).toFixed(1)} % used, at most ${peak} at once, ${most} in a second, by replica ${shares.join(" ")}\n`
    )
    if (kills > 0) {
      const backs = killed.filter(({ held }) => held > 0).map(({ back }) => back)
      process.stdout.write(
        `${kills} kills, ${backs.length} of them with permits held: back after ${Math.round(Math.min(...backs))} to ` +
          `${Math.round(Math.max(...backs))} ms (lease ${lease} ms)\n`
      )
    }
  } finally {
    for (const replica of every) await replica.kill()
    await redis.remove()
  }
}

for (const count of values.replicas.split(",")) await trial(Number(count))
process.exit(0)
