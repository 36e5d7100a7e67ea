import type { Duration } from "effect"
import * as Field from "../../config/Field.ts"
import { group, reader } from "../../config/Options.ts"

/** Something that goes wrong with the model for a while; times count from the start of the model. */
export interface Incident {
  /**
   * `outage` breaks off what runs and waits, and answers 503; `refuse` answers new requests with 503; `hang` never answers
   * what runs or starts meanwhile; `fail` answers a share of new requests with 500; `slow` changes the speed; `limit`
   * answers 429 to what exceeds a number of requests or tokens per minute.
   */
  readonly kind: "outage" | "refuse" | "hang" | "fail" | "slow" | "limit"
  /** When it begins, from 0. */
  readonly from: Duration.Input
  /** When it is over, from `from` on; `Infinity` for never. */
  readonly to: Duration.Input
  /** The speed during a `slow` one as a share of the usual speed, from 0 to 1000. Default: 0.1. */
  readonly speed?: number | undefined
  /** The share of requests that a `fail` one fails, from 0 to 1. Default: 1. */
  readonly share?: number | undefined
  /** Requests per minute of a `limit`, from 0.001 to 1e9, or `Infinity`. As many may come at once. Default: `Infinity`. */
  readonly requestsPerMinute?: number | undefined
  /** Prompt and reply tokens per minute of a `limit`, from 1 to 1e12, or `Infinity`. As many may come at once. Default: `Infinity`. */
  readonly tokensPerMinute?: number | undefined
}

/** An incident in milliseconds from the start of the model. */
export interface Span {
  readonly kind: Incident["kind"]
  readonly from: number
  readonly to: number
  readonly speed: number
  readonly share: number
  readonly requestsPerMinute: number
  readonly tokensPerMinute: number
}

/** The kinds of incidents. */
export const kinds = ["outage", "refuse", "hang", "fail", "slow", "limit"] as const

const time = { minimum: 0, maximum: 1e12, example: "60000" }

const facts = Field.factsOf(
  group({
    kind: Field.oneOf(kinds),
    from: Field.duration(time),
    to: Field.duration({ ...time, infinite: true }),
    speed: Field.number(0, 1000, { default: 0.1 }),
    share: Field.number(0, 1, { default: 1 }),
    requestsPerMinute: Field.number(0.001, 1e9, { infinite: true, default: Infinity, example: "60" }),
    tokensPerMinute: Field.number(1, 1e12, { infinite: true, default: Infinity, example: "80000" })
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
  /** Whether it takes no new request; what runs goes on. */
  readonly refusing: boolean
  readonly hanging: boolean
  /** The share of new requests that fail. */
  readonly failing: number
  /** The speed as a share of the usual one. */
  readonly speed: number
  /** When this changes next. */
  readonly until: number
}

/** Tells how the model fares at a moment. */
export const conditionAt = (spans: ReadonlyArray<Span>, time: number): Condition => {
  const now = spans.filter(({ from, to }) => from <= time && time < to)
  const has = (wanted: Span["kind"]) => now.some(({ kind }) => kind === wanted)
  return {
    down: has("outage"),
    refusing: has("refuse"),
    hanging: has("hang"),
    failing: now.reduce((most, span) => (span.kind === "fail" ? Math.max(most, span.share) : most), 0),
    speed: now.reduce((speed, span) => (span.kind === "slow" ? speed * span.speed : speed), 1),
    until: Math.min(Infinity, ...spans.flatMap(({ from, to }) => [from, to]).filter((change) => change > time))
  }
}
