import type { Result } from "./Trial.ts"

const sum = ({ act, plan, reflect }: Result["snapshot"]["jobs"]["calls"]): number => act + plan + reflect

/** What is told of a run besides the figures of the gate. */
export interface Figures {
  /** Tokens of prompts and replies, for each job completed. */
  readonly tokensPerJob: number
  /** Calls answered, for each job completed. */
  readonly callsPerJob: number
  /** Jobs completed, of those created. */
  readonly completion: number
  readonly minutes: number
  /** Jobs completed a minute, from the first to the last. */
  readonly jobsPerMinute: number
}

/** Works out the figures of a run. */
export const of = ({ snapshot: { jobs, uptimeMs } }: Result): Figures => ({
  tokensPerJob: sum(jobs.tokensPerJob),
  callsPerJob: jobs.completed === 0 ? 0 : sum(jobs.calls) / jobs.completed,
  completion: jobs.created === 0 ? 1 : jobs.completed / jobs.created,
  minutes: uptimeMs / 60_000,
  jobsPerMinute: uptimeMs === 0 ? 0 : (jobs.completed * 60_000) / uptimeMs
})
