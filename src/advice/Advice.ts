import { Schema } from "effect"
import { Status, Target } from "../stats/Health.ts"
import { endpoints, withoutShared } from "./EndpointRules.ts"
import { bindingLimit, type Evidence, type Rule } from "./Evidence.ts"
import { type Change, Finding, Limit, type Remedy } from "./Finding.ts"
import { idlePermits, idleRate, queue, refusals } from "./LimitRules.ts"
import { circuit, deadlines, declined, latency, success, timeouts } from "./ModelRules.ts"

export type { Recent } from "../stats/Recent.ts"
export type { Advisor, Evidence, Rule, Settings } from "./Evidence.ts"
export { Change, Finding, Limit, Remedy } from "./Finding.ts"

/** What is wrong, by which figures, and which settings to change. */
export const Advice = Schema.Struct({
  status: Status,
  targets: Schema.Array(Target).annotate({ description: "The health targets over the last hour." }),
  binding: Schema.NullOr(Limit).annotate({ description: "The limit that holds calls up now; `null` if none does." }),
  findings: Schema.Array(Finding).annotate({ description: "The findings, the most urgent first." }),
  summary: Schema.String.annotate({ description: "The findings in a few sentences." })
}).annotate({ identifier: "Advice" })
export type Advice = typeof Advice.Type

/** Every rule, causes before their consequences. */
const rulesOf = ({ advisors = [] }: Evidence): ReadonlyArray<Rule> => [
  circuit,
  success,
  declined,
  timeouts,
  queue,
  refusals,
  ...advisors.flatMap(({ rule }) => rule ?? []),
  latency,
  deadlines,
  idleRate,
  idlePermits
]

const urgency = { critical: 0, warning: 1, info: 2 }

/**
 * Derives advice from the stats.
 *
 * @example
 * const advice = Effect.flatMap(Stats, ({ advisors, recent, snapshot, targets }) =>
 *   Effect.map(Effect.all({ advisors, recent, snapshot, targets }), (stats) => Advice.from({ ...stats, settings: {} }))
 * )
 */
export const from = (evidence: Evidence): Advice => {
  const found = rulesOf(evidence).flatMap((rule) => rule(evidence) ?? [])
  const isRouted = evidence.snapshot.endpoints !== undefined
  const findings = (isRouted ? [...found.flatMap(withoutShared), ...endpoints(evidence)] : found).sort(
    (a, b) => urgency[a.severity] - urgency[b.severity]
  )
  const { targets } = evidence
  const { status } = evidence.snapshot.health
  return { status, targets, binding: bindingLimit(evidence), findings, summary: summaryOf(targets, findings) }
}

const summaryOf = (targets: ReadonlyArray<Target>, findings: ReadonlyArray<Finding>): string => {
  const urgent = findings.filter(({ severity }) => severity !== "info")
  const missed = targets.filter(({ met }) => !met)
  if (urgent.length > 0) return urgent.map(({ message }) => message).join(" ")
  if (missed.length > 0) return findings.map(({ message }) => message).join(" ")
  const isIdle = (rule: string) => rule === "idleRate" || rule === "idlePermits"
  const more = findings.map(({ message, rule }) => (isIdle(rule) ? "Some limits could be tighter." : message))
  return ["All is well: every target is met, and nothing needs to change.", ...new Set(more)].join(" ")
}

const changeLine = ({ from, to, variable, why }: Change): string =>
  `      ${variable}=${to}${from === null ? "" : ` (now ${from})`}: ${why}`

const remedyLines = ({ change, when }: Remedy): ReadonlyArray<string> => [`    ${when}`, ...change.map(changeLine)]

/** Formats advice as plain text. */
export const text = ({ findings, status, summary, targets }: Advice): string =>
  [
    `health: ${status}`,
    summary,
    "",
    ...targets.map(({ aim, figure, met }) => `${met ? "met   " : "missed"}  ${aim} (${Number(figure.toPrecision(3))})`),
    ...findings.flatMap(({ message, remedies, rule, severity }) => [
      "",
      `${severity}, ${rule}: ${message}`,
      ...remedies.flatMap(remedyLines)
    ]),
    ""
  ].join("\n")
