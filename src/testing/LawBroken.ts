import { Data } from "effect"
import { type Scenario, usual, write } from "./Scenario.ts"
import type { Wrongs } from "./Trial.ts"

/** A stack broke a law, in the shortest way that was found. */
export class LawBroken extends Data.TaggedError("LawBroken")<{
  readonly law: string
  /** The law in one sentence. */
  readonly promise: string
  readonly wrongs: Wrongs
  /** The calls that show it; their number when it was first seen. */
  readonly scenario: Scenario
  readonly from: number
  readonly seed: number
  /** What happened, a line an event. */
  readonly history: ReadonlyArray<string>
}> {
  /** What makes the same thing happen again, as `replay` among the options. */
  get replay(): string {
    return write(this.scenario)
  }

  override get message(): string {
    const { from, history, law, promise, scenario, seed, wrongs } = this
    const size = scenario.calls.length
    const calls = size === 1 ? "1 call" : `${size} calls`
    const found = from > size ? `${calls}, cut down from ${from} that were found with seed ${seed}` : calls
    const rhythm = scenario.rhythm === usual ? "" : `; fibers yield every ${scenario.rhythm} operations`
    const shown = history.length <= most ? history : [...history.slice(0, half), "...", ...history.slice(-half)]
    return [
      `The law "${law}" is broken: ${promise}.`,
      "",
      ...wrongs.slice(0, 5).map((wrong) => `  ${wrong}`),
      ...(wrongs.length > 5 ? [`  and ${wrongs.length - 5} more`] : []),
      "",
      `The shortest history that shows it (${found}${rhythm}):`,
      "",
      ...shown.map((line) => `  ${line}`),
      "",
      "To see it again, give the same layer and options with",
      `  replay: ${JSON.stringify(this.replay)}`
    ].join("\n")
  }
}

/** Longer histories are shown without their middle. */
const most = 60
const half = most / 2
