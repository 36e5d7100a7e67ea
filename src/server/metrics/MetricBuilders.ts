import type { Distribution } from "../../stats/Histogram.ts"
import type { Family, Sample } from "./Exposition.ts"

const second = 1_000

// In seconds: those that OpenTelemetry's conventions for generative AI advise for an operation's duration.
const bounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]

/** Milliseconds in Prometheus' seconds. */
export const seconds = (millis: number | null): number | null => (millis === null ? null : millis / second)

const values = (value: number | null | ReadonlyArray<Sample>): ReadonlyArray<Sample> =>
  Array.isArray(value) ? value : [{ value: value as number | null }]

/** A value that only grows, except at restarts. */
export const counter = (name: string, help: string, value: number | ReadonlyArray<Sample>): Family => ({
  name: `${name}_total`,
  type: "counter",
  help,
  samples: values(value)
})

/** A value that rises and falls. */
export const gauge = (name: string, help: string, value: number | null | ReadonlyArray<Sample>): Family => ({
  name,
  type: "gauge",
  help,
  samples: values(value)
})

/** A time of calls, in seconds. */
export const histogram = (name: string, help: string, { atMost, count, sum }: Distribution): Family => ({
  name: `${name}_seconds`,
  type: "histogram",
  help,
  samples: [
    ...bounds.map((le): Sample => ({ suffix: "_bucket", labels: { le: String(le) }, value: atMost(le * second) })),
    { suffix: "_bucket", labels: { le: "+Inf" }, value: count },
    { suffix: "_sum", value: sum / second },
    { suffix: "_count", value: count }
  ]
})

/** One sample for each name of a record. */
export const by = <Name extends string>(label: string, counts: Readonly<Record<Name, number>>): ReadonlyArray<Sample> =>
  Object.entries<number>(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))

/** A sample for each state there is: 1 for the present one, 0 for the others. */
export const state = <Name extends string>(
  label: string,
  states: ReadonlyArray<Name>,
  present: Name
): ReadonlyArray<Sample> => states.map((name) => ({ labels: { [label]: name }, value: name === present ? 1 : 0 }))
