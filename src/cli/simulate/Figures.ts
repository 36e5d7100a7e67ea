import type { Preset } from "../../config/Preset.ts"
import type * as Simulation from "../../simulator/Simulation.ts"
import type { Advice } from "../../advice/Advice.ts"

/** The figures of a preset under a load; times are milliseconds. */
export interface Figures extends Omit<Simulation.Result, "advice"> {
  readonly preset: Preset
  /** What was asked for, in words. */
  readonly load: string
  /** Calls a minute: as asked, or as they came. */
  readonly callsPerMinute: number
  readonly verdict: Advice["status"]
  /** The most urgent finding, with the first change that would mend it. */
  readonly advice: string | null
  /** Whether this preset suits the load best of those compared. */
  readonly recommended: boolean
  /** Why it does, in one sentence; `null` for the others. */
  readonly reason: string | null
}

/** The most urgent finding of advice, with the first change that would mend it. */
export const adviceOf = ({ findings }: Advice): string | null => {
  const [finding] = findings
  if (finding === undefined) return null
  const [remedy] = finding.remedies
  if (remedy === undefined) return finding.message
  return `${finding.message} ${remedy.when} Try ${remedy.change.map(({ to, variable }) => `${variable}=${to}`).join(" ")}.`
}
