import * as Figures from "./Figures.ts"
import type { Result } from "./Trial.ts"
import { number, percent, table } from "../Words.ts"

const reasonsOf = ({ failures }: Result["snapshot"]["jobs"]): string => {
  const told = Object.entries(failures).filter(([, count]) => count > 0)
  return told.length === 0 ? "" : ` (${told.map(([reason, count]) => `${count} ${reason}`).join(", ")})`
}

const byPurpose = ({ act, plan, reflect }: Result["snapshot"]["jobs"]["calls"], share = 1): string =>
  `act ${number(act * share)}, plan ${number(plan * share)}, reflect ${number(reflect * share)}`

/** Tells in a few lines what agents have done and how the gate did. */
export const lines = (result: Result): ReadonlyArray<string> => {
  const { advice, interrupted, snapshot, virtual } = result
  const { jobs, tokens } = snapshot
  const { callsPerJob, jobsPerMinute, minutes, tokensPerJob } = Figures.of(result)
  const each = jobs.completed === 0 ? 0 : 1 / jobs.completed
  return [
    `${interrupted ? "Stopped: " : ""}${jobs.created} jobs created, ${jobs.completed} completed, ` +
      `${jobs.failed} failed${reasonsOf(jobs)}, ${jobs.pending} pending`,
    ...table(
      [
        ["time", `${number(minutes)} minutes${virtual ? ", in virtual time" : ""}`],
        [
          "jobs a minute",
          `${number(jobsPerMinute)}${jobs.variation === null ? "" : `, varying by ${percent(jobs.variation)}`}`
        ],
        ["calls a job", `${number(callsPerJob)}: ${byPurpose(jobs.calls, each)}`],
        ["tokens a job", `${number(tokensPerJob)}: ${byPurpose(jobs.tokensPerJob)}`],
        ["prompt tokens saved", number(tokens.saved)],
        ["plans used again", String(jobs.plansReused)],
        ["reflections", `${number(jobs.reflectionsPerJob)} a job, ${jobs.reflectionsSkipped} skipped`],
        ["health", advice.status]
      ],
      "texts"
    ).map((line) => `  ${line}`),
    ...advice.targets.filter(({ met }) => !met).map(({ aim, figure }) => `  missed: ${aim} (${number(figure)})`),
    ...(advice.findings.some(({ severity }) => severity !== "info") ? [`  ${advice.summary}`] : [])
  ]
}
