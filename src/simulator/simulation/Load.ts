import type { Duration } from "effect"
import * as Field from "../../config/Field.ts"
import type { Problem } from "../../config/InvalidOptions.ts"
import { group } from "../../config/Options.ts"

/** What the calls of a drawn load have in common. */
interface Drawn {
  /** Mean tokens of a prompt. 1 to 1e6. Default: 200. */
  readonly promptTokens?: number | undefined
  /** How widely prompts scatter around the mean (log-normal). 0 to 2. Default: 0.5. */
  readonly promptSpread?: number | undefined
  /** Callers, who call equally often. 1 to 100000. Default: 10. */
  readonly callers?: number | undefined
  /** The share of all calls that one more, greedy caller makes. 0 to 1. Default: 0. */
  readonly greedyShare?: number | undefined
  /** How long a caller waits for its answer. 1 ms to a day. Default: the deadline of the gate. */
  readonly deadline?: Duration.Input | undefined
}

/** Independent calls at random moments (a Poisson process). */
export interface Poisson extends Drawn {
  readonly kind: "poisson"
  /** Calls per minute on average. 0 to 1e6. */
  readonly perMinute: number
}

/** Independent calls whose rate changes between quiet times and bursts, both of random length. */
export interface Bursty extends Drawn {
  readonly kind: "bursty"
  /** Calls per minute in quiet times. 0 to 1e6. */
  readonly perMinute: number
  /** Calls per minute in bursts. 0 to 1e6. */
  readonly burstPerMinute: number
  /** Mean length of a burst. 1 ms to a day. Default: 20 s. */
  readonly burst?: Duration.Input | undefined
  /** Mean length of a quiet time. 1 ms to a day. Default: 60 s. */
  readonly quiet?: Duration.Input | undefined
}

/** Jobs on a queue, and agents that do them: a job is a plan, some acts and a reflection, one call after the other. */
export interface Agents extends Pick<Drawn, "promptTokens" | "promptSpread" | "deadline"> {
  readonly kind: "agents"
  /** Jobs per minute on average (`JOBS_PER_MIN`). 0 to 1e6. */
  readonly jobsPerMinute: number
  /** Agents (`POPULATION_SIZE`). 1 to 100000. */
  readonly population: number
  /** Mean calls of a job. 1 to 1000. Default: 5. */
  readonly callsPerJob?: number | undefined
  /** How often an agent makes a call until it is answered, before it gives the job up. 1 to 100. Default: 3. */
  readonly tries?: number | undefined
}

/** One recorded call. */
export interface TracedCall {
  /** When it arrived, in milliseconds from the start of the trace. */
  readonly at: number
  readonly promptTokens: number
  readonly completionTokens: number
  /** Default: `"anonymous"`. */
  readonly caller?: string | undefined
  /** Default: none. */
  readonly model?: string | undefined
  /** How long its caller waits for the answer, in milliseconds. Default: the deadline of the gate. */
  readonly deadlineMs?: number | undefined
}

/** Recorded calls. */
export interface Trace {
  readonly kind: "trace"
  readonly calls: ReadonlyArray<TracedCall>
  /** How many times faster the calls come than they were recorded. 0.001 to 1000. Default: 1. */
  readonly speed?: number | undefined
}

/** The load of a simulation. */
export type Arrivals = Poisson | Bursty | Agents | Trace

const perMinute = Field.required(Field.number(0, 1e6, { example: "120" }))
const prompts = {
  promptTokens: Field.number(1, 1e6, { default: 200 }),
  promptSpread: Field.number(0, 2, { default: 0.5 }),
  deadline: Field.optional(Field.duration())
}
const drawn = {
  ...prompts,
  callers: Field.integer(1, 100_000, { default: 10 }),
  greedyShare: Field.number(0, 1, { default: 0 })
}

/** The fields of one recorded call. */
export const tracedCall = {
  at: Field.required(Field.number(0, 1e15, { example: "1500" })),
  promptTokens: Field.required(Field.number(0, 1e9, { example: "200" })),
  completionTokens: Field.required(Field.number(0, 1e9, { example: "120" })),
  caller: Field.label("name", { default: "anonymous" }),
  model: Field.optional(Field.label("model")),
  deadlineMs: Field.optional(Field.number(1, Field.day, { example: "30000" }))
}

const isCalls = (value: unknown): value is Trace["calls"] => Array.isArray(value)

const kinds = {
  poisson: { perMinute, ...drawn },
  bursty: {
    perMinute,
    burstPerMinute: perMinute,
    burst: Field.duration({ default: 20_000 }),
    quiet: Field.duration({ default: 60_000 }),
    ...drawn
  },
  agents: {
    jobsPerMinute: Field.required(Field.number(0, 1e6, { example: "40" })),
    population: Field.required(Field.integer(1, 100_000, { example: "50" })),
    callsPerJob: Field.number(1, 1000, { default: 5 }),
    tries: Field.integer(1, 100, { default: 3 }),
    ...prompts
  },
  trace: {
    calls: Field.required(Field.value(isCalls, "a list of calls { at, promptTokens, completionTokens, ... }")),
    speed: Field.number(0.001, 1000, { default: 1 })
  }
}

type Decoded<A> = { readonly [K in keyof A]-?: Exclude<A[K], undefined | Duration.Input> | (number & A[K]) }
type WithDeadline<A> = Omit<Decoded<A>, "deadline"> & { readonly deadline: number | undefined }

/** The load as decoded; times are milliseconds. */
export type Load = WithDeadline<Poisson> | WithDeadline<Bursty> | WithDeadline<Agents> | Decoded<Trace>

const names = Object.keys(kinds) as ReadonlyArray<keyof typeof kinds>
const kind = Field.required(Field.oneOf(names))
const call = Field.factsOf(group(tracedCall))

const readCalls = (calls: ReadonlyArray<unknown>, problems: Array<Problem>, name: string) =>
  calls
    .map((one, index) => call.read(one, problems, `${name}.calls[${index}]`) as TracedCall)
    .sort((a, b) => a.at - b.at)

/** The field of a load: the options that belong to its kind. */
export const field: Field.RequiredField<Load, Arrivals> = Field.required(
  Field.make({
    allowed: `an object of options with a kind: ${names.join(", ")}`,
    read: (value, problems, name) => {
      if (typeof value !== "object" || value === null) return undefined
      const wanted = names.find((one) => "kind" in value && one === value.kind)
      if (wanted === undefined) {
        Field.read(Field.factsOf(kind), "kind" in value ? value.kind : undefined, problems, `${name}.kind`)
        return undefined
      }
      const load = Field.factsOf(group({ kind, ...kinds[wanted] })).read(value, problems, name) as Load
      if (load.kind !== "trace" || !isCalls(load.calls)) return load
      return { ...load, calls: readCalls(load.calls, problems, name) }
    }
  })
)
