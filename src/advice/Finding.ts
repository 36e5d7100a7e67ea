import { Schema } from "effect"
import type { Evidence } from "../stats/Recent.ts"

/** A variable of the environment that advice may change. */
export const Variable = Schema.Literals([
  "LLM_MAX_CONCURRENT_REQUESTS",
  "LLM_REQUESTS_PER_SECOND",
  "LLM_TOKENS_PER_MINUTE",
  "LLM_MAX_QUEUE_SIZE",
  "LLM_CIRCUIT_BREAKER_TIMEOUT_MS",
  "LLM_REQUEST_TIMEOUT_MS",
  "LLM_DEADLINE_MS",
  "LLM_MAX_RETRIES",
  "JOBS_PER_MIN",
  "POPULATION_SIZE"
])
export type Variable = typeof Variable.Type

/** A variable to set; `from` is `null` for a limit that is off and for a value that is not known. */
export const Change = Schema.Struct({
  variable: Variable,
  from: Schema.NullOr(Schema.Finite),
  to: Schema.Finite,
  why: Schema.String
}).annotate({ identifier: "Change" })
export type Change = typeof Change.Type

/** Changes that belong together, and when they are the right ones. */
export const Remedy = Schema.Struct({
  when: Schema.String,
  change: Schema.Array(Change)
}).annotate({ identifier: "Remedy" })
export type Remedy = typeof Remedy.Type

/** A limit that holds calls up. */
export const Limit = Schema.Literals(["rate", "permits", "tokens", "queue", "breaker"])
export type Limit = typeof Limit.Type

/** Something that is not as it should be, or could be better. */
export const Finding = Schema.Struct({
  rule: Schema.Literals([
    "circuit",
    "success",
    "declined",
    "timeouts",
    "queue",
    "refusals",
    "jobs",
    "latency",
    "idleRate",
    "idlePermits"
  ]),
  severity: Schema.Literals(["critical", "warning", "info"]).annotate({
    description: "`info` is worth knowing and no harm."
  }),
  limit: Schema.NullOr(Limit).annotate({ description: "The limit behind it; `null` if it is none of the gate's." }),
  figure: Schema.Finite,
  threshold: Schema.Finite.annotate({ description: "The bound that the figure has passed." }),
  message: Schema.String,
  remedies: Schema.Array(Remedy).annotate({ description: "Ways to mend it: one of them will do." })
}).annotate({ identifier: "Finding" })
export type Finding = typeof Finding.Type

/** Looks for one thing. */
export type Rule = (evidence: Evidence) => Finding | undefined
