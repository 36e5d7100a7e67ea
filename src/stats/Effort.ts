import type { Purpose } from "./Purpose.ts"
import type { ByPurpose, Snapshot } from "./Snapshot.ts"

type Figures = Pick<
  Snapshot["jobs"],
  "calls" | "tokensPerJob" | "plansReused" | "reflectionsPerJob" | "reflectionsSkipped"
>

/** Counts what jobs took: calls and tokens by purpose, and what was spared. */
export class Effort {
  private readonly calls = { act: 0, plan: 0, reflect: 0 }
  private readonly tokens = { act: 0, plan: 0, reflect: 0 }
  plansReused = 0
  reflectionsSkipped = 0

  called(purpose: Purpose, tokens: number): void {
    this.calls[purpose]++
    this.tokens[purpose] += tokens
  }

  figures(completed: number): Figures {
    const each = (total: number) => (completed > 0 ? total / completed : 0)
    const { act, plan, reflect }: ByPurpose = this.tokens
    return {
      calls: { ...this.calls },
      tokensPerJob: { act: each(act), plan: each(plan), reflect: each(reflect) },
      plansReused: this.plansReused,
      reflectionsPerJob: each(this.calls.reflect),
      reflectionsSkipped: this.reflectionsSkipped
    }
  }
}
