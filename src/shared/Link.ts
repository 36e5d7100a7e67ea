import { Cause, Duration, Effect, Exit, type Fiber, Scheduler, type Scope } from "effect"
import { change } from "../engine/Line.ts"
import { now, type Now } from "../engine/Time.ts"
import { RateLimited } from "../Rejection.ts"
import { type Difference, type Limits, of as differencesOf, encode, message as messageOf } from "./Differences.ts"
import { MemoryStore } from "./MemoryStore.ts"
import { type Census, type Message, type Port, type ReplicaFigures, StoreError } from "./Port.ts"
import { RequestTimeout } from "./RequestTimeout.ts"

/** What a replica does while the store does not answer. */
export type WhenDown = "local" | "refuse" | "open"

export interface Settings {
  readonly whenDown: WhenDown
  /** Milliseconds that a request may take while the process runs, after which the store counts as down. */
  readonly timeout: number
  /** Starts and permits that the replica may take in advance. */
  readonly allowance: number
  /** Milliseconds after which what a dead replica held comes back; `Infinity` if none can die alone. */
  readonly lease: number
}

/** A policy that shares its state. */
export interface Client {
  /** Its limits, which all replicas should have. */
  readonly limits: Limits
  readonly onMessage: (message: Message) => void
  /** Another store answers from now on: the replica's own while the shared one is down, then the shared one again. */
  readonly onSwitch: () => void
  /** Says now and then that the replica is alive, and asks what it may have missed. */
  readonly onBeat: () => void
}

/** The state of the store, for `/stats`. */
export interface StoreFigures {
  readonly state: "up" | "down"
  readonly whenDown: WhenDown
  /** Replicas last seen, this one included. */
  readonly replicas: number
  /** Limits of which other replicas have other values. */
  readonly differences: ReadonlyArray<Difference>
  /** How often the store has failed, and milliseconds since it last did. */
  readonly downs: number
  readonly downForMs: number
  /** Requests that were sent to the store, and those of them that failed. */
  readonly requests: number
  readonly failures: number
}

/** The refusal of calls while the store is down, with `refuse`. */
export const storeDown = new RateLimited({ retryAfter: Duration.seconds(1), waitsFor: "store" })

/** A store that is down is asked again so often. */
const askAgainEvery = 250
/** After a store has healed, the others may take so long to tell it what they hold. */
const settlingTime = 1500
/** A store that fails for less than that is slow, not dead. */
const hiccupTime = 1000
/** A connection on which a store has not answered for so long is given up. */
const stuckAfter = 2000

/** A replica's link to the store: to one of its own while the shared one is down. */
export class Link {
  readonly replica: string
  readonly settings: Settings
  readonly #now: Now
  readonly #fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Runs a function a tick later. */
  readonly defer: (run: () => void) => void
  readonly #timeout: RequestTimeout
  readonly #clients = new Set<Client>()
  readonly #shared: Port
  readonly #own: Port
  readonly #reconnect: Effect.Effect<void>
  #isUp = true
  /** Grows with each switch: answers of before are stale. */
  #era = 0
  #replicas = 1
  #differences: ReadonlyArray<Difference> = []
  #downs = 0
  #downSince = 0
  #settledAt = -Infinity
  /** Replicas that were there when the store failed. */
  #replicasBefore = 1
  #reconnectAt = 0
  #requests = 0
  #failures = 0
  /** What the replica tells of itself with each heartbeat. */
  readonly #figures: Effect.Effect<string>

  constructor(parts: {
    readonly replica: string
    readonly settings: Settings
    readonly now: Now
    readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
    readonly defer: (run: () => void) => void
    readonly shared: Port
    readonly reconnect: Effect.Effect<void>
    readonly figures: Effect.Effect<string>
  }) {
    this.replica = parts.replica
    this.settings = parts.settings
    this.#now = parts.now
    this.#fork = parts.fork
    this.defer = parts.defer
    this.#timeout = new RequestTimeout(parts.settings.timeout, parts.now, parts.fork)
    this.#shared = parts.shared
    this.#reconnect = parts.reconnect
    this.#figures = parts.figures
    this.#own = new MemoryStore(parts.now).connect(parts.replica, (message) => this.deliver(message))
  }

  /** Makes the link of a replica, which says that it is alive until the scope closes. */
  static readonly make = Effect.fnUntraced(function* (
    replica: string,
    settings: Settings,
    connect: (
      listener: (message: Message) => void
    ) => Effect.Effect<{ readonly port: Port; readonly reconnect: Effect.Effect<void> }, never, Scope.Scope>,
    figures: Effect.Effect<string> = Effect.succeed("")
  ): Effect.fn.Return<Link, never, Scope.Scope> {
    let link: Link | undefined
    const { port: shared, reconnect } = yield* connect((message) => {
      if (link?.isUp === true) change(() => link!.deliver(message))
    })
    const fork = Effect.runForkWith(yield* Effect.context<never>())
    const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
    const defer = (run: () => void) => dispatcher.scheduleTask(run, 0)
    link = new Link({ replica, settings, now: yield* now, fork, defer, shared, reconnect, figures })
    const made = link
    yield* Effect.addFinalizer(() => {
      // Requests that are under way end with the connection.
      made.#era++
      return made.last((port) => port.leave)
    })
    // The store may be down from the start.
    yield* made.#beat
    const beat = Effect.andThen(
      Effect.suspend(() => Effect.sleep(made.#pause)),
      made.#beat
    )
    if (settings.lease < Infinity) yield* Effect.forkScoped(Effect.forever(beat))
    return made
  })

  get isUp(): boolean {
    return this.#isUp
  }

  /** Whether calls are refused, because the store is down. */
  get refuses(): boolean {
    return !this.#isUp && this.settings.whenDown === "refuse"
  }

  /** Whether the store is down and may still count what the replica held, so that others do not take it. */
  get isLeased(): boolean {
    return !this.#isUp && this.#now() < this.#downSince + this.lease
  }

  /** Whether the store has failed just now: it may only have been slow for once. */
  get isHiccup(): boolean {
    return !this.#isUp && this.#now() < this.#downSince + hiccupTime
  }

  /** Replicas last seen, this one included. */
  get replicas(): number {
    return this.#replicas
  }

  /** Milliseconds between heartbeats. */
  get beatEvery(): number {
    return Math.min(1000, this.settings.lease / 10)
  }

  /** The part of a limit that holds for this replica: all of it, its share while the store is down, or no limit. */
  share(limit: number): number {
    if (this.#isUp) return limit
    return this.settings.whenDown === "open" ? Infinity : limit / this.#replicas
  }

  /**
   * The most of a limit that this replica may hold now: its share for a while after the store has healed, which may not
   * know yet what others hold.
   */
  most(limit: number): number {
    return this.#isUp && this.#now() < this.#settledAt ? limit / this.#replicasBefore : Infinity
  }

  /** The lease after which the store forgets: two heartbeats less, for it is noticed with the next of another. */
  get lease(): number {
    return this.settings.lease - 2 * this.beatEvery
  }

  get view(): StoreFigures {
    return {
      state: this.#isUp ? "up" : "down",
      whenDown: this.settings.whenDown,
      replicas: this.#replicas,
      differences: this.#differences,
      downs: this.#downs,
      downForMs: this.#isUp ? 0 : Math.round(this.#now() - this.#downSince),
      requests: this.#requests,
      failures: this.#failures
    }
  }

  /** What the other replicas told of themselves last; nothing while the store is down. */
  get others(): Effect.Effect<ReadonlyArray<ReplicaFigures>> {
    return Effect.suspend(() => (this.#isUp ? this.#bounded(this.#shared.figures) : Effect.succeed([]))).pipe(
      Effect.orElseSucceed(() => []),
      Effect.map((all) => all.filter(({ replica }) => replica !== this.replica))
    )
  }

  join(client: Client): void {
    this.#clients.add(client)
  }

  leave(client: Client): void {
    this.#clients.delete(client)
  }

  /**
   * Asks the store that answers now, and hands the answer over, unless another store answers by then. A request is
   * made as soon as the hooks that run now are done.
   */
  ask<A>(question: (port: Port) => Effect.Effect<A, StoreError>, answer: (value: A) => void = () => {}): void {
    const era = this.#era
    const onEnd = (end: Exit.Exit<A, StoreError>) => {
      if (era !== this.#era) return
      if (Exit.isSuccess(end)) change(() => answer(end.value))
      else this.#fail(Cause.squash(end.cause))
    }
    if (this.#isUp) this.#send(question(this.#shared), onEnd)
    else this.#fork(question(this.#own)).addObserver(onEnd)
  }

  /** Asks the store that answers now, and the replica's own if the shared one fails. */
  query<A>(question: (port: Port) => Effect.Effect<A, StoreError>): Effect.Effect<A> {
    const own = Effect.orDie(question(this.#own))
    return Effect.suspend(() => {
      if (!this.#isUp) return own
      return Effect.catch(this.#bounded(question(this.#shared)), (error) => {
        this.#fail(error)
        return own
      })
    })
  }

  /** Waits for a last request to the shared store, as far as it answers. */
  last<A>(question: (port: Port) => Effect.Effect<A, StoreError>): Effect.Effect<void> {
    return Effect.suspend(() => (this.#isUp ? Effect.ignore(this.#bounded(question(this.#shared))) : Effect.void))
  }

  deliver(message: Message): void {
    for (const client of this.#clients) client.onMessage(message)
  }

  get #pause(): number {
    return this.#isUp ? this.beatEvery : askAgainEvery
  }

  /** Sends a request to the shared store, which ends once: answered, failed or late. */
  #send<A>(request: Effect.Effect<A, StoreError>, onEnd: (end: Exit.Exit<A, StoreError>) => void): void {
    this.#requests++
    const settle = (end: Exit.Exit<A, StoreError>) => {
      if (Exit.isSuccess(end)) return onEnd(end)
      this.#failures++
      const error = Cause.squash(end.cause)
      onEnd(Exit.fail(error instanceof StoreError ? error : new StoreError({ cause: error })))
    }
    const fiber = this.#fork(request)
    const ended = fiber.pollUnsafe()
    if (ended !== undefined) return settle(ended)
    const pending = {
      lateAt: NaN,
      previous: undefined,
      next: undefined,
      onLate: () => settle(Exit.fail(new StoreError({ cause: "no answer in time" })))
    }
    this.#timeout.add(pending)
    fiber.addObserver((end) => {
      if (this.#timeout.remove(pending)) settle(end)
    })
  }

  #bounded<A>(request: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> {
    return Effect.callback<A, StoreError>((resume) => this.#send(request, resume))
  }

  get #beat(): Effect.Effect<void> {
    const request = Effect.flatMap(this.#figures, (figures) =>
      this.#shared.beat({ lease: this.lease, figures, limits: encode(this.#limits) })
    )
    return Effect.flatMap(Effect.exit(this.#bounded(request)), (exit) =>
      Effect.suspend(() => {
        if (Exit.isSuccess(exit)) {
          this.#replicas = exit.value.replicas
          this.#compare(exit.value.different)
          if (!this.#isUp) this.#heal()
        } else this.#fail(Cause.squash(exit.cause))
        change(() => this.#clients.forEach((client) => client.onBeat()))
        if (this.#isUp || this.#now() < this.#reconnectAt) return Effect.void
        this.#reconnectAt = this.#now() + stuckAfter
        return this.#reconnect
      })
    )
  }

  get #limits(): Limits {
    return Object.assign({}, ...Array.from(this.#clients, ({ limits }) => limits))
  }

  /** Says once which limits of other replicas differ, and once that none does any more. */
  #compare(others: Census["different"]): void {
    const before = messageOf(this.#differences)
    this.#differences = differencesOf(this.#limits, others)
    const message = messageOf(this.#differences)
    if (message === before) return
    this.#fork(this.#differences.length === 0 ? Effect.logInfo(message) : Effect.logWarning(message))
  }

  #fail(error: unknown): void {
    if (!this.#isUp) return
    this.#downs++
    this.#downSince = this.#now()
    this.#replicasBefore = this.#replicas
    this.#reconnectAt = this.#downSince + stuckAfter
    this.#switch(false)
    const { whenDown } = this.settings
    const cause = error instanceof StoreError ? String(error.cause) : String(error)
    this.#fork(
      Effect.logWarning(`The store does not answer: ${consequence[whenDown]}`, { cause, replicas: this.#replicas })
    )
  }

  #heal(): void {
    const millis = Math.round(this.#now() - this.#downSince)
    this.#settledAt = this.#now() + settlingTime
    this.#switch(true)
    this.#fork(
      Effect.logInfo("The store answers again: limits are shared", { downForMs: millis, replicas: this.#replicas })
    )
  }

  #switch(isUp: boolean): void {
    this.#isUp = isUp
    this.#era++
    change(() => this.#clients.forEach((client) => client.onSwitch()))
  }
}

const consequence: Readonly<Record<WhenDown, string>> = {
  local: "this replica goes on with its share of the limits",
  refuse: "calls are refused",
  open: "calls pass without the shared limits"
}
