import { Schema } from "effect"
import type { Target } from "./Health.ts"

const ByPurpose = Schema.Struct({ act: Schema.Finite, plan: Schema.Finite, reflect: Schema.Finite })

const Failures = Schema.Struct({ wrong: Schema.Natural, late: Schema.Natural, refused: Schema.Natural })

/** The section that agents count, which every snapshot has: zeros where none work. */
export const name = "jobs"

/** The jobs of agents. */
export const Jobs = Schema.Struct({
  created: Schema.Natural,
  completed: Schema.Natural,
  failed: Schema.Natural,
  pending: Schema.Natural,
  perMinute: Schema.Finite.annotate({
    description: "Jobs completed per minute over the last ten minutes, or since the start (at least one minute)."
  }),
  variation: Schema.NullOr(Schema.Finite).annotate({
    description:
      "Coefficient of variation of the jobs completed per minute in the last hour; `null` before five minutes."
  }),
  failures: Failures.annotate({ description: "Failed jobs by reason." }),
  calls: ByPurpose.annotate({ description: "Answered calls of agents by purpose." }),
  tokensPerJob: ByPurpose.annotate({
    description: "Prompt and reply tokens per completed job, by purpose; 0 before the first."
  }),
  callsPerJob: ByPurpose.annotate({
    description: "Answered calls per completed job, by purpose; 0 before the first."
  }),
  plansReused: Schema.Natural.annotate({ description: "Plans reused instead of making a call." }),
  reflectionsPerJob: Schema.Finite.annotate({
    description: "Reflection calls per completed job; 0 before the first."
  }),
  reflectionsSkipped: Schema.Natural.annotate({
    description: "Reflections skipped because of load or of their limit per hour."
  })
})
export type Jobs = typeof Jobs.Type

/** The section where no agents work. */
export const none: Jobs = {
  created: 0,
  completed: 0,
  failed: 0,
  pending: 0,
  perMinute: 0,
  variation: null,
  failures: { wrong: 0, late: 0, refused: 0 },
  calls: { act: 0, plan: 0, reflect: 0 },
  tokensPerJob: { act: 0, plan: 0, reflect: 0 },
  callsPerJob: { act: 0, plan: 0, reflect: 0 },
  plansReused: 0,
  reflectionsPerJob: 0,
  reflectionsSkipped: 0
}

/** The fields that Prometheus reads. */
export const metrics = {
  created: { type: "counter", help: "Jobs given out." },
  completed: { type: "counter", help: "Jobs completed." },
  failed: { type: "counter", help: "Jobs that failed." },
  pending: { type: "gauge", help: "Jobs that have not ended." }
} as const

/** The range of jobs completed per job created in which completion is steady. */
export const steady = { minimum: 0.75, maximum: 1.25 }

/** Judges the jobs completed per job created over ten minutes; 1 where none were created. */
export const target = (rate: number): Target => ({
  name,
  aim: "for 100 jobs created, 75 to 125 are completed",
  figure: rate,
  met: rate >= steady.minimum && rate <= steady.maximum
})
