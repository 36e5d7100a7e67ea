import type { Duration } from "effect"
import * as Field from "../../config/Field.ts"
import { group, reader } from "../../config/Options.ts"

/** Something that goes wrong with the model for a while; times count from the start of the model. */
export interface Incident {
  /**
   * `outage` breaks off what runs and waits, and answers 503; `hang` never answers what runs or starts meanwhile;
   * `slow` changes the speed.
   */
  readonly kind: "outage" | "hang" | "slow"
  /** When it begins, from 0. */
  readonly from: Duration.Input
  /** When it is over, after `from`; `Infinity` for never. */
  readonly to: Duration.Input
  /** The speed during a `slow` one as a share of the usual speed, from 0 to 1000; 0.1. */
  readonly speed?: number | undefined
}

/** An incident in milliseconds from the start of the model. */
export interface Span {
  readonly kind: Incident["kind"]
  readonly from: number
  readonly to: number
  readonly speed: number
}

const time = { minimum: 0, maximum: 1e12, example: "60000" }

const facts = Field.factsOf(
  group({
    kind: Field.oneOf(["outage", "hang", "slow"]),
    from: Field.duration(time),
    to: Field.duration({ ...time, infinite: true }),
    speed: Field.number(0, 1000, { default: 0.1 })
  })
)

/** An incident, decoded as milliseconds. */
export const field: Field.Field<Span, Incident> = Field.make({
  ...facts,
  read: (value, problems, name) => {
    const span = facts.read(value, problems, name) as Span
    if (!(span.to < span.from)) return span
    const later = Field.duration({ ...time, minimum: span.from, infinite: true, example: String(span.from + 60_000) })
    reader(later)(span.to, problems, `${name}.to`)
    return span
  }
})

/** How the model fares at one moment. */
export interface Condition {
  readonly down: boolean
  readonly hanging: boolean
  /** The speed as a share of the usual one. */
  readonly speed: number
  /** When this changes next. */
  readonly until: number
}

/** Tells how the model fares at a moment. */
export const conditionAt = (spans: ReadonlyArray<Span>, time: number): Condition => {
  const now = spans.filter(({ from, to }) => from <= time && time < to)
  return {
    down: now.some(({ kind }) => kind === "outage"),
    hanging: now.some(({ kind }) => kind === "hang"),
    speed: now.reduce((speed, span) => (span.kind === "slow" ? speed * span.speed : speed), 1),
    until: Math.min(Infinity, ...spans.flatMap(({ from, to }) => [from, to]).filter((change) => change > time))
  }
}
