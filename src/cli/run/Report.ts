import { number, percent, table } from "../Format.ts"
import type { Result } from "./Trial.ts"
import { counted } from "../../config/Plural.ts"

type ByPurpose = Result["snapshot"]["jobs"]["calls"]

const sum = ({ act, plan, reflect }: ByPurpose): number => act + plan + reflect

/** The figures of a run besides those of the gate. */
export interface Figures {
  /** Tokens of prompts and replies, for each job completed in this process. */
  readonly tokensPerJob: number
  /** Calls answered, for each job completed in this process. */
  readonly callsPerJob: number
  /** Jobs completed, of those created. */
  readonly completion: number
  readonly minutes: number
  /** Jobs completed a minute, from the first to the last. */
  readonly jobsPerMinute: number
}

/** The figures of a run. */
export const figuresOf = ({ snapshot: { jobs, uptimeMs } }: Result): Figures => ({
  tokensPerJob: sum(jobs.tokensPerJob),
  callsPerJob: sum(jobs.callsPerJob),
  completion: jobs.created === 0 ? 1 : jobs.completed / jobs.created,
  minutes: uptimeMs / 60_000,
  jobsPerMinute: uptimeMs === 0 ? 0 : (jobs.completed * 60_000) / uptimeMs
})

const reasonsOf = ({ failures }: Result["snapshot"]["jobs"]): string => {
  const told = Object.entries(failures).filter(([, count]) => count > 0)
  return told.length === 0 ? "" : ` (${told.map(([reason, count]) => `${count} ${reason}`).join(", ")})`
}

/** How the jobs of a run in a store stand, whichever process did them. */
const storedLine = ({ interrupted, stored }: Result): ReadonlyArray<string> => {
  if (stored === null) return []
  const { before, completed, failed } = stored
  const once = counted(completed + failed, "job ended once", "jobs ended once each")
  const ended = `In the store: ${once}, ${completed} completed, ${failed} failed`
  const earlier = before === 0 ? "" : `; ${before} of them before this start`
  return [`${ended}${earlier}${interrupted ? "; the same command goes on with the rest" : ""}`]
}

const byPurpose = ({ act, plan, reflect }: ByPurpose): string =>
  `act ${number(act)}, plan ${number(plan)}, reflect ${number(reflect)}`

/** Summarises in a few lines what the agents have done and how the gate did. */
export const summary = (result: Result): ReadonlyArray<string> => {
  const { advice, interrupted, snapshot, virtual } = result
  const { jobs, tokens } = snapshot
  const { callsPerJob, jobsPerMinute, minutes, tokensPerJob } = figuresOf(result)
  return [
    `${interrupted ? "Stopped: " : ""}${counted(jobs.created, "job")} created, ${jobs.completed} completed, ` +
      `${jobs.failed} failed${reasonsOf(jobs)}, ${jobs.pending} pending`,
    ...storedLine(result),
    ...table(
      [
        ["time", `${counted(number(minutes), "minute")}${virtual ? ", in virtual time" : ""}`],
        [
          "jobs a minute",
          `${number(jobsPerMinute)}${jobs.variation === null ? "" : `, varying by ${percent(jobs.variation)}`}`
        ],
        ["calls a job", `${number(callsPerJob)}: ${byPurpose(jobs.callsPerJob)}`],
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

const change = (from: number, to: number): string => {
  const share = (to - from) / from
  return Number.isFinite(share) ? `${share > 0 ? "+" : ""}${percent(share)}` : ""
}

const rows: ReadonlyArray<
  readonly [name: string, value: (result: Result) => number, text?: (value: number) => string]
> = [
  ["tokens a job", (result) => figuresOf(result).tokensPerJob],
  ["  to act", ({ snapshot }) => snapshot.jobs.tokensPerJob.act],
  ["  to plan", ({ snapshot }) => snapshot.jobs.tokensPerJob.plan],
  ["  to reflect", ({ snapshot }) => snapshot.jobs.tokensPerJob.reflect],
  ["calls a job", (result) => figuresOf(result).callsPerJob],
  ["  to reflect", ({ snapshot }) => snapshot.jobs.reflectionsPerJob],
  ["jobs completed", (result) => figuresOf(result).completion, percent],
  ["model time, mean ms a call", ({ snapshot }) => snapshot.latency.mean ?? 0],
  ["time, minutes", (result) => figuresOf(result).minutes]
]

const provenance = (simulated: boolean): string =>
  simulated
    ? "Jobs, model and the verbose baseline are headgate's own simulation: measure your own work."
    : "Jobs and the verbose baseline are headgate's own: measure your own work."

/** Compares two runs on the same jobs. */
export const comparison = (verbose: Result, lean: Result): ReadonlyArray<string> => [
  ...table([
    ["", "verbose", "lean", "change"],
    ...rows.map(([name, value, text = number]) => {
      const [from, to] = [value(verbose), value(lean)]
      return [name, text(from), text(to), change(from, to)]
    })
  ]),
  "",
  provenance(lean.simulated)
]
