import { DateTime, Effect } from "effect"
import type { Situation } from "./Plan.ts"
import type { Hand, Persona } from "./Style.ts"

/** What an agent plans for when it has taken a job. */
export const situationOf = (
  { name: agent, role }: Persona,
  { job: { kind }, known }: Pick<Hand, "job" | "known">
): Effect.Effect<Situation> =>
  Effect.map(DateTime.now, (now) => ({
    agent,
    role,
    goal: kind.goal,
    limits: kind.limits,
    actions: [...kind.tools, "answer"],
    known,
    now: DateTime.formatIso(now).slice(0, "2026-01-05T08:00".length)
  }))
