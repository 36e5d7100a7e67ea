import { Record, Schema } from "effect"

const Column = Schema.Array(Schema.Finite)

/**
 * The last hour in columns of equal length, the oldest point first: a point a minute, and for the last ten to eleven
 * minutes a point a second. No point overlaps another, and none is missing between them.
 */
export const History = Schema.Struct({
  time: Column.annotate({ description: "When the interval of each point ended, in milliseconds since 1970." }),
  queueSize: Column.annotate({ description: "Calls that waited, as the mean over the interval." }),
  fill: Column.annotate({ description: "Mean of `queueSize` as a share of its maximum." }),
  activeRequests: Column.annotate({ description: "Attempts at the model, as the mean over the interval." }),
  arrivals: Column.annotate({ description: "Calls that arrived, per second." }),
  starts: Column.annotate({ description: "Attempts that started, per second." }),
  succeeded: Column.annotate({ description: "Calls that ended in this way, per second; so are the next four." }),
  failed: Column,
  rejected: Column,
  cancelled: Column,
  timedOut: Column,
  tokens: Column.annotate({ description: "Prompt and completion tokens per second." }),
  latencyP50: Schema.Array(Schema.NullOr(Schema.Finite)).annotate({
    description: "From the first start to the end of the calls that succeeded, in milliseconds; `null` where none did."
  }),
  latencyP95: Schema.Array(Schema.NullOr(Schema.Finite)),
  circuit: Schema.Array(Schema.Literals(["closed", "half-open", "open"])).annotate({
    description: "`open` if the circuit was open during any part of the interval, else `half-open` if it was that."
  })
}).annotate({ identifier: "History" })
export type History = typeof History.Type

/** Only the points after a moment, in milliseconds since 1970. */
export const after = (history: History, moment: number): History => {
  const begin = history.time.findIndex((time) => time > moment)
  const from = begin < 0 ? history.time.length : begin
  return Record.map(history as Record.ReadonlyRecord<string, ReadonlyArray<unknown>>, (column) =>
    column.slice(from)
  ) as never
}
