import type { Duration } from "effect"
import type { Checker, Range } from "../../config/Range.ts"

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

const starts: Range = { minimum: 0, maximum: 1e12, whole: false, infinite: false, example: "60000" }
const speeds: Range = { minimum: 0, maximum: 1000, whole: false, infinite: false, example: "0.1" }

/** Checks an incident and reads it as milliseconds. */
export const check = (checker: Checker, name: string, incident: Incident): Span => {
  const from = checker.duration(`${name}.from`, incident.from, starts)
  const ends = { ...starts, minimum: from, infinite: true, example: String(from + 60_000) }
  return {
    kind: incident.kind,
    from,
    to: checker.duration(`${name}.to`, incident.to, ends),
    speed: checker.number(`${name}.speed`, incident.speed ?? 0.1, speeds)
  }
}

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
