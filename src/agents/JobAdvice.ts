import {
  type Advisor,
  bindingLimit,
  declineRate,
  type Evidence,
  missed,
  rejectionRate,
  type Rule,
  threshold
} from "../advice/Evidence.ts"
import type { Change, Remedy } from "../advice/Finding.ts"
import { circuit, success, timeouts } from "../advice/ModelRules.ts"
import { change, headroom, matchDemand, remedy } from "../advice/Remedies.ts"
import { name, steady } from "../stats/Jobs.ts"
import { counted } from "../config/Plural.ts"

/** The agents at work, and the jobs per minute that they are given. */
export interface Population {
  readonly agents: number
  readonly jobsPerMinute: number
}

/** Advises on jobs: more agents where no limit holds them up, fewer jobs where the model has no spare capacity. */
export const make = (population: () => Population): Advisor => ({
  rule: (evidence) => {
    const figure = missed(evidence, name)
    if (figure === undefined) return undefined
    const behind = figure < steady.minimum
    const [cause, remedies] = behind
      ? causeOf(evidence, moreAgents(population(), figure))
      : ["a backlog is being worked off", []]
    return {
      rule: name,
      severity: behind ? "warning" : "info",
      limit: behind ? bindingLimit(evidence) : null,
      figure,
      threshold: behind ? steady.minimum : steady.maximum,
      message: `For every 100 jobs created, ${counted(Math.round(figure * 100), "is", "are")} completed: ${cause}.`,
      remedies
    }
  },
  reduceDemand: (share) => fewerJobs(population(), share)
})

const causeOf = (evidence: Evidence, moreAgents: ReadonlyArray<Remedy>): readonly [string, ReadonlyArray<Remedy>] => {
  const remediesOf = (rule: Rule) => rule(evidence)?.remedies ?? []
  if (missed(evidence, "circuit") !== undefined) return ["the circuit was open", remediesOf(circuit)]
  if (rejectionRate(evidence) >= threshold.refusals) return ["the queue overflows", matchDemand(evidence)]
  if (missed(evidence, "queue") !== undefined) return ["their calls wait in the queue", matchDemand(evidence)]
  if (missed(evidence, "timeouts") !== undefined) return ["the endpoint is slow", remediesOf(timeouts)]
  if (missed(evidence, "success") !== undefined) return ["the endpoint fails", remediesOf(success)]
  if (declineRate(evidence) >= threshold.declined) return ["the model rejects their calls", []]
  return ["no limit holds up their calls, so the agents are too few or too slow", moreAgents]
}

const moreAgents = ({ agents }: Population, completionRate: number): ReadonlyArray<Remedy> => {
  if (agents === 0) return []
  const factor = headroom / Math.max(completionRate, 0.1)
  const why = "jobs wait for an agent, not for the gate"
  return remedy("If no limit holds calls up.", change("POPULATION_SIZE", agents, agents * factor, why))
}

const fewerJobs = ({ jobsPerMinute }: Population, share: number): ReadonlyArray<Change> =>
  jobsPerMinute === 0 || jobsPerMinute === Infinity || share >= 1
    ? []
    : change("JOBS_PER_MIN", jobsPerMinute, jobsPerMinute * share, "jobs need more calls than the limits let start")
