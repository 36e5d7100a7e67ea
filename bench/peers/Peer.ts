/** What a scenario asks of a limiter; one that has no such thing takes no part. */
export interface Setup {
  readonly concurrency?: number
  readonly queue?: number
  readonly perSecond?: number
  readonly breaker?: { readonly failures: number; readonly openMs: number }
  /** Of one attempt. */
  readonly timeoutMs?: number
  /** Of a whole call, waiting included. */
  readonly deadlineMs?: number
}

/** What a scenario says of one call. */
export interface Said {
  readonly signal?: AbortSignal
  /** 0 goes first. */
  readonly priority?: number
  readonly caller?: string
  /** How many of the permits it takes. */
  readonly permits?: number
}

export type Work = (signal?: AbortSignal) => Promise<unknown>

export type Call = (work: Work, said?: Said) => Promise<unknown>

/** A limiter, and which of the things that may be said and set it has. */
export interface Peer {
  readonly name: string
  readonly has: ReadonlyArray<keyof Setup | keyof Said>
  readonly make: (setup: Setup) => Promise<Call> | Call
}

/** A given behaviour: whether it was seen, or what was seen instead. */
export interface Scenario {
  readonly name: string
  readonly setup: Setup
  /** What of a call it speaks of. */
  readonly says?: ReadonlyArray<keyof Said>
  readonly see: (call: Call) => Promise<true | string>
}
