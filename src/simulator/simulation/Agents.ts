import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { Now } from "../../engine/Time.ts"
import { retryAfterOf } from "../../Failure.ts"
import type { Arrival, Job } from "./Arrivals.ts"
import type { Load } from "./Load.ts"
import type { MakeCall, Running } from "./Calls.ts"
import type { Tally } from "./Tally.ts"

const shortestPause = 500
const longestPause = 10_000

const errorOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.findErrorOption(exit.cause))

/** Agents that do jobs, first come, first served; each does one at a time. */
export class Agents {
  readonly #tries: number
  readonly #make: MakeCall
  readonly #running: Running
  readonly #tally: Tally
  readonly #now: Now
  readonly #start: number
  readonly #random: () => number
  readonly #waiting: Array<Job> = []
  readonly #idle: Array<string>

  constructor(
    { population, tries }: Extract<Load, { kind: "agents" }>,
    make: MakeCall,
    running: Running,
    tally: Tally,
    clock: Now,
    random: () => number
  ) {
    this.#tries = tries
    this.#make = make
    this.#running = running
    this.#tally = tally
    this.#now = clock
    this.#start = clock()
    this.#random = random
    this.#idle = Array.from({ length: population }, (_, index) => `agent-${index + 1}`)
  }

  /** Gives a job to an agent, or lets it wait for one. */
  add(job: Job): Effect.Effect<unknown> {
    this.#tally.onJob(job)
    const agent = this.#idle.shift()
    if (agent !== undefined) return this.#running.fork(this.#live(agent, job))
    this.#waiting.push(job)
    return Effect.void
  }

  /** Does a job, and then those that wait. */
  #live(agent: string, first: Job): Effect.Effect<void> {
    const work = Effect.fnUntraced({ self: this }, function* (this: Agents) {
      for (
        let job: Job | undefined = first;
        job !== undefined && !this.#running.isClosed;
        job = this.#waiting.shift()
      ) {
        const isDone: boolean | undefined = yield* this.#do(agent, job)
        if (isDone !== undefined) this.#tally.onJobEnd(job, this.#start, isDone)
      }
      this.#idle.push(agent)
    })
    return work()
  }

  /** Makes the calls of a job; `undefined` if the time was over before. */
  readonly #do = Effect.fnUntraced({ self: this }, function* (this: Agents, caller: string, { calls }: Job) {
    for (const call of calls) {
      const isAnswered = yield* this.#ask({ ...call, caller, at: 0 })
      if (isAnswered !== true) return isAnswered
    }
    return true
  })

  /** Makes a call until it is answered, or as often as it may. */
  readonly #ask = Effect.fnUntraced({ self: this }, function* (this: Agents, call: Arrival) {
    for (let tried = 1; ; tried++) {
      if (this.#running.isClosed) return undefined
      const exit = yield* this.#make({ ...call, at: this.#now() - this.#start })
      if (Exit.isSuccess(exit)) return true
      if (tried >= this.#tries) return false
      yield* Effect.sleep(this.#pause(tried, errorOf(exit)))
    }
  })

  /** Grows with each try, and is as long as a refusal says; callers refused together do not come back together. */
  #pause(tried: number, error: unknown): number {
    const backoff = Math.min(longestPause, shortestPause * 2 ** (tried - 1))
    const told = retryAfterOf(error)
    return Math.max(backoff, told === undefined ? 0 : Duration.toMillis(told)) * (1 + this.#random() / 5)
  }
}
