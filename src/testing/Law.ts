import { Data, Effect, type Fiber } from "effect"
import type { CallOptions, Pass, ResolvedOptions } from "../Call.ts"
import type { Stats } from "../Stats.ts"
import type { Limits } from "./Guarantees.ts"
import type { ObservedCall, Observer } from "./Observer.ts"
import { type Call, defaultYieldEvery, type Scenario, write } from "./Scenario.ts"
import { counted } from "../config/Plural.ts"

/** A scenario that runs on a stack, and what was observed. */
export interface Trial {
  readonly scenario: Scenario
  readonly limits: Limits
  readonly pass: Pass
  /** The `Stats` of the stack; `undefined` if it has none. */
  readonly stats: Stats["Service"] | undefined
  readonly observer: Observer
  /** The call of the scenario behind each observed call. */
  readonly planned: Map<ObservedCall, Call>
  /** The fibers of all calls that were made. */
  readonly fibers: Array<Fiber.Fiber<unknown, unknown>>
  /** Resolves the options of a call that a law makes, as `CheckOptions.optionsOf` changes them. */
  readonly optionsOf: (options: CallOptions) => ResolvedOptions
}

/** Descriptions of what violates a law; empty if the law holds. */
export type Violations = ReadonlyArray<string>

/** A property of every stack, and how to check it. */
export interface Law {
  readonly name: string
  /** The law in one sentence. */
  readonly statement: string
  /** The scenarios that test it: random loads, a call that is interrupted at each of its steps, or both. */
  readonly scenarios: ReadonlyArray<"loads" | "interruptions">
  /** Checks the trial each time every fiber waits for time to pass. */
  readonly during?: ((trial: Trial) => Effect.Effect<Violations>) | undefined
  /** Checks the trial after every caller has cancelled; may make calls. */
  readonly after?: ((trial: Trial) => Effect.Effect<Violations>) | undefined
  /** Compares the event logs of two runs of the same scenario. */
  readonly compare?: ((first: ReadonlyArray<string>, second: ReadonlyArray<string>) => Violations) | undefined
}

/** The text as a violation if the condition holds. */
export const violation = (condition: boolean, text: string): Violations => (condition ? [text] : [])

/** Starts a call on a fiber of its own, so that one that cannot be interrupted blocks no other. */
export const forkCall = <A, E, R>({ fibers }: Trial, call: Effect.Effect<A, E, R>) =>
  Effect.tap(Effect.forkDetach(call, { startImmediately: true }), (fiber) => Effect.sync(() => fibers.push(fiber)))

/** Interrupts every call of the trial without waiting for its end. */
export const interruptCalls = ({ fibers }: Trial): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const fiber of fibers) fiber.interruptUnsafe()
  })

/** The error of a stack that breaks a law, with the shortest history that was found. */
export class LawBroken extends Data.TaggedError("LawBroken")<{
  readonly law: string
  /** The law in one sentence. */
  readonly statement: string
  readonly violations: Violations
  /** The scenario after shrinking. */
  readonly scenario: Scenario
  /** The number of calls before shrinking. */
  readonly from: number
  readonly seed: number
  /** The event log, one line per event. */
  readonly history: ReadonlyArray<string>
}> {
  /** The scenario as text, to be passed as `CheckOptions.replay`. */
  get replay(): string {
    return write(this.scenario)
  }

  override get message(): string {
    const { from, history, law, scenario, seed, statement, violations } = this
    const size = scenario.calls.length
    const calls = counted(size, "call")
    const found = from > size ? `${calls}, shrunk from ${from}, seed ${seed}` : calls
    const { yieldEvery } = scenario
    const yields =
      yieldEvery === defaultYieldEvery
        ? ""
        : `; fibers yield every ${yieldEvery === 1 ? "operation" : `${yieldEvery} operations`}`
    const shown =
      history.length <= maxLines ? history : [...history.slice(0, maxLines / 2), "...", ...history.slice(-maxLines / 2)]
    return [
      `The stack breaks the law "${law}": ${statement}.`,
      "",
      ...violations.slice(0, 5).map((text) => `  ${text}`),
      ...(violations.length > 5 ? [`  and ${violations.length - 5} more`] : []),
      "",
      `Shortest history found (${found}${yields}):`,
      "",
      ...shown.map((line) => `  ${line}`),
      "",
      "To replay it, check the same layer with the same options and",
      `  replay: ${JSON.stringify(this.replay)}`
    ].join("\n")
  }
}

/** A longer history is shown without its middle. */
const maxLines = 60
