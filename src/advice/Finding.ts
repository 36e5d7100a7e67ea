import { Schema } from "effect"

/** A variable to set; `from` is `null` if the limit is off or its value unknown. */
export const Change = Schema.Struct({
  variable: Schema.String.annotate({ description: "An environment variable, or a field of the file of endpoints." }),
  from: Schema.NullOr(Schema.Union([Schema.Finite, Schema.String])),
  to: Schema.Union([Schema.Finite, Schema.String]).annotate({ description: "A number, or the name of a preset." }),
  why: Schema.String
}).annotate({ identifier: "Change" })
export type Change = typeof Change.Type

/** Changes to make together, and the condition under which they help. */
export const Remedy = Schema.Struct({
  when: Schema.String,
  change: Schema.Array(Change)
}).annotate({ identifier: "Remedy" })
export type Remedy = typeof Remedy.Type

/** A limit of the gate. */
export const Limit = Schema.Literals(["rate", "permits", "tokens", "queue", "breaker"])
export type Limit = typeof Limit.Type

/** A problem, or something that could be better. */
export const Finding = Schema.Struct({
  rule: Schema.String.annotate({
    description:
      "`circuit`, `success`, `declined`, `timeouts`, `queue`, `refusals`, `jobs`, `latency`, `deadlines`, `idleRate`, `idlePermits`, " +
      "a rule of another section, or one of an endpoint (`endpoint east: circuit`)."
  }),
  severity: Schema.Literals(["critical", "warning", "info"]).annotate({
    description: "`info` is worth knowing but harmless."
  }),
  limit: Schema.NullOr(Limit).annotate({
    description: "The limit that causes it; `null` if no limit of the gate does."
  }),
  figure: Schema.Finite,
  threshold: Schema.Finite.annotate({ description: "The bound that the figure has passed." }),
  message: Schema.String,
  remedies: Schema.Array(Remedy).annotate({ description: "Alternative remedies: one of them is enough." })
}).annotate({ identifier: "Finding" })
export type Finding = typeof Finding.Type
