import { Schema } from "effect"
import { type Evidence } from "../stats/Recent.ts"
import { type Change, Finding, Limit, type Remedy, type Rule } from "./Finding.ts"
import * as Limits from "./Limits.ts"
import { binding } from "./Pace.ts"
import * as Troubles from "./Troubles.ts"
import { Status, Target } from "../stats/Health.ts"

export type { Evidence, Recent, Settings } from "../stats/Recent.ts"
export { Change, Finding, Limit, Remedy, Variable } from "./Finding.ts"

/** What is wrong, how it is seen, and what to change. */
export const Advice = Schema.Struct({
  status: Status,
  targets: Schema.Array(Target).annotate({ description: "The targets of health over the last hour." }),
  binding: Schema.NullOr(Limit).annotate({ description: "The limit that holds calls up now; `null` if none does." }),
  findings: Schema.Array(Finding).annotate({ description: "What was found, the most urgent first." }),
  summary: Schema.String.annotate({ description: "All of it in a sentence." })
}).annotate({ identifier: "Advice" })
export type Advice = typeof Advice.Type

const { circuit, declined, latency, success, timeouts } = Troubles
const { idlePermits, idleRate, jobs, queue, refusals } = Limits

/** Every rule, causes before what follows from them. */
const rules: ReadonlyArray<Rule> = [
  circuit,
  success,
  declined,
  timeouts,
  queue,
  refusals,
  jobs,
  latency,
  idleRate,
  idlePermits
]

const urgency = { critical: 0, warning: 1, info: 2 }

/** Draws advice from the figures. */
export const from = (evidence: Evidence): Advice => {
  const findings = rules
    .flatMap((rule) => rule(evidence) ?? [])
    .sort((a, b) => urgency[a.severity] - urgency[b.severity])
  const { targets } = evidence
  const { status } = evidence.snapshot.health
  return { status, targets, binding: binding(evidence), findings, summary: summaryOf(targets, findings) }
}

const summaryOf = (targets: ReadonlyArray<Target>, findings: ReadonlyArray<Finding>): string => {
  const urgent = findings.filter(({ severity }) => severity !== "info")
  const missed = targets.filter(({ met }) => !met)
  if (urgent.length > 0) return urgent.map(({ message }) => message).join(" ")
  if (missed.length > 0) return findings.map(({ message }) => message).join(" ")
  const more = findings.length > 0 ? " Some limits could be tighter." : ""
  return `All is well: every target is met, and nothing needs to change.${more}`
}

const changeLine = ({ from, to, variable, why }: Change): string =>
  `      ${variable}=${to}${from === null ? "" : ` (now ${from})`}: ${why}`

const remedyLines = ({ change, when }: Remedy): ReadonlyArray<string> => [`    ${when}`, ...change.map(changeLine)]

/** Writes advice for people to read. */
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
