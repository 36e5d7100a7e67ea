import { Data, type Effect } from "effect"

/** The store did not answer in time, or not as it should. */
export class StoreError extends Data.TaggedError("StoreError")<{ readonly cause: unknown }> {}

/** A token bucket that replicas share. */
export interface Bucket {
  readonly name: string
  /** Milliseconds in which one unit comes back. */
  readonly interval: number
  /** Units that may be taken at once after a quiet time. */
  readonly burst: number
}

/** Asks for units of several buckets at one moment. */
export interface Reservation {
  /** Names the cooldown that holds for the buckets. */
  readonly name: string
  readonly buckets: ReadonlyArray<Bucket>
  /** Units of each bucket. */
  readonly units: ReadonlyArray<number>
  /** Nothing is taken if the units are due later than after so many milliseconds. */
  readonly maxWait: number
}

/** The units are taken from the buckets as of the moment at which they are due. */
export interface Slot {
  /** Milliseconds until the units are due. */
  readonly delay: number
  /** The bucket that they wait for, by its index; the first if they do not wait, or for the cooldown. */
  readonly slowest: number
  /** What each bucket was and is, to put the units back; empty if `maxWait` is exceeded. */
  readonly receipts: ReadonlyArray<string>
}

/**
 * What a replica holds of a shared number of permits, in numbers that only grow: a message that is lost or comes twice
 * changes nothing.
 */
export interface Holding {
  readonly name: string
  readonly limit: number
  /** Permits granted to the replica since it started, as far as it knows. */
  readonly granted: number
  /** Permits that it has given back since it started. */
  readonly released: number
  /** Permits that its calls wait for, in their order. */
  readonly wants: ReadonlyArray<number>
  /** Permits that it takes beside them, to have them in hand, if no call of any replica waits. */
  readonly extra: number
  /** Milliseconds after which the permits of a replica that is not heard of come back. */
  readonly lease: number
}

export interface Grant {
  /** Permits granted to the replica since it started. */
  readonly granted: number
  /** Other replicas whose calls wait for permits. */
  readonly others: number
  /** Permits that no replica holds. */
  readonly free: number
  /** The start of the first call, if one was asked for and the call's permit was granted by this request. */
  readonly start: Slot | undefined
}

export interface CircuitRules {
  readonly name: string
  readonly maxFailures: number
  readonly openDuration: number
  readonly maxOpenDuration: number
  readonly probes: number
  readonly probeSuccesses: number
  readonly probeTimeout: number
  readonly lease: number
}

/** What happens at a circuit. `ticket` is that of an admitted attempt. */
export type CircuitEvent =
  | { readonly _tag: "read" }
  | { readonly _tag: "admit" }
  | { readonly _tag: "start"; readonly ticket: number }
  | { readonly _tag: "end"; readonly ticket: number; readonly verdict: Verdict; readonly retryAfter: number }
  /** The holder of these probes is alive. */
  | { readonly _tag: "renew"; readonly tickets: ReadonlyArray<number> }
  /** The shared store is down: go on with what it said last. */
  | { readonly _tag: "adopt"; readonly view: CircuitView }

type Verdict = "success" | "failure" | "ignored"

/** A circuit as all replicas see it. */
export interface CircuitView {
  readonly state: "closed" | "open" | "half-open"
  /** Grows with each view: an older one changes nothing. */
  readonly version: number
  /** The ticket of attempts that are admitted while the circuit is closed. */
  readonly generation: number
  readonly failures: number
  /** Milliseconds until a probe may be admitted; 0 if one may be now. */
  readonly wait: number
}

export interface Admission extends CircuitView {
  /** The ticket of the attempt; 0 if it is not admitted. */
  readonly ticket: number
}

/** What a replica tells when it says that it is alive. */
export interface Beat {
  readonly lease: number
  /** The figures of the replica, for the sum over all. */
  readonly figures: string
  /** Its limits, which should be those of all. */
  readonly limits: string
}

/** The replicas that are alive. */
export interface Census {
  readonly replicas: number
  /** Those with other limits than the replica that asks, and their limits. */
  readonly different: ReadonlyArray<readonly [replica: string, limits: string]>
}

/** What a replica told of itself last, and how many milliseconds ago. */
export interface ReplicaFigures {
  readonly replica: string
  readonly age: number
  readonly figures: string
}

/** State that replicas share. Each request is one decision, made at one moment of the store's own clock. */
export interface Port {
  readonly reserve: (request: Reservation) => Effect.Effect<Slot, StoreError>
  /** Gives units back that were not used, as far as nobody has taken any since. */
  readonly putBack: (request: Reservation, slot: Slot) => Effect.Effect<void, StoreError>
  /** Nothing is due for so many milliseconds. */
  readonly coolDown: (name: string, millis: number) => Effect.Effect<void, StoreError>
  /** Settles what a replica holds and wants; books the start of its first call too, if that has its permit now. */
  readonly permits: (holding: Holding, start?: Reservation) => Effect.Effect<Grant, StoreError>
  readonly circuit: (rules: CircuitRules, event: CircuitEvent) => Effect.Effect<Admission, StoreError>
  /** Says that the replica is alive; returns which are. */
  readonly beat: (beat: Beat) => Effect.Effect<Census, StoreError>
  /** The figures of each replica that is alive. */
  readonly figures: Effect.Effect<ReadonlyArray<ReplicaFigures>, StoreError>
  /** Forgets the replica. */
  readonly leave: Effect.Effect<void, StoreError>
}

/** What the store tells a replica without being asked. */
export type Message =
  | { readonly _tag: "permits"; readonly name: string; readonly granted: number }
  | { readonly _tag: "wanted"; readonly name: string }
  | { readonly _tag: "circuit"; readonly name: string; readonly view: CircuitView }
  | { readonly _tag: "cooldown"; readonly name: string; readonly millis: number }
