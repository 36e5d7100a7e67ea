import { spawn } from "node:child_process"
import type { Plan } from "./child.ts"

export const milliseconds = () => Number(process.hrtime.bigint()) / 1e6

export interface Edge {
  readonly at: number
  readonly change: 1 | -1
}

/** A replica in a process of its own, and its calls as it wrote them. */
export class Replica {
  readonly edges: Array<Edge> = []
  readonly ready: Promise<void>
  readonly closed: Promise<void>
  readonly #process
  #onReady = () => {}
  /** Called when a call has started. */
  onStart = () => {}
  isReady = false
  running = 0

  constructor(plan: Plan) {
    this.#process = spawn(process.execPath, [new URL("child.ts", import.meta.url).pathname, JSON.stringify(plan)], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    this.ready = new Promise((done) => (this.#onReady = done))
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
    if (word === "ready") {
      this.isReady = true
      this.#onReady()
    } else if (word !== "start" && word !== "end" && word !== "closed") process.stderr.write(`${line}\n`)
    if (word !== "start" && word !== "end") return
    const change = word === "start" ? 1 : -1
    this.running += change
    this.edges.push({ at: Number(nanos) / 1e6, change })
    if (change === 1) this.onStart()
  }
}

/** Counts what calls of all replicas did: starts, the most at once and in a second, and the mean of those that ran. */
export const judge = (edges: ReadonlyArray<Edge>, begin: number) => {
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
  return { starts: starts.length, peak, busy: busy / (last - begin), most }
}

/** Resolves when as many calls run on some replicas; after `patience` to `false`. */
const running = (replicas: ReadonlyArray<Replica>, calls: number, patience: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (found: boolean) => {
      clearTimeout(timer)
      for (const one of replicas) one.onStart = () => {}
      resolve(found)
    }
    const look = () => replicas.reduce((sum, one) => sum + one.running, 0) >= calls && end(true)
    const timer = setTimeout(() => end(false), patience)
    for (const one of replicas) one.onStart = look
    look()
  })

/**
 * Kills a replica under load, and starts another in its place.
 *
 * Returns how many calls it ran, and how long until all permits were in use again: `Infinity` if that is longer than
 * `patience`.
 */
export const killOne = async (replicas: Array<Replica>, plan: Plan, patience: number) => {
  const ready = replicas.filter(({ isReady }) => isReady)
  const dead = ready[Math.floor(Math.random() * ready.length)]!
  const held = await dead.kill()
  const at = milliseconds()
  // One that begins in the meantime takes permits too.
  const isBack = await running(
    replicas.filter((one) => one !== dead),
    plan.permits,
    patience
  )
  const back = isBack ? milliseconds() - at : Infinity
  const next = new Replica(plan)
  replicas[replicas.indexOf(dead)] = next
  void next.ready.then(() => next.tell("go"))
  while (replicas.filter(({ isReady }) => isReady).length < Math.min(2, replicas.length)) await next.ready
  return { dead, next, held, back }
}
