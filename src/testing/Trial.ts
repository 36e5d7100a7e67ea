import { Effect, type Fiber } from "effect"
import type { CallOptions, ResolvedOptions } from "../Call.ts"
import type { Pass } from "../Gate.ts"
import type { Stats } from "../Stats.ts"
import type { Observer, Seen } from "./Observer.ts"
import type { Limits } from "./Promises.ts"
import type { Call, Scenario } from "./Scenario.ts"

/** A scenario that is played on a stack, and what was seen of it. */
export interface Trial {
  readonly scenario: Scenario
  readonly limits: Limits
  readonly pass: Pass
  /** The stack's own figures, if it has any. */
  readonly stats: Stats["Service"] | undefined
  readonly observer: Observer
  /** What was to become of each call that was made. */
  readonly drawn: Map<Seen, Call>
  /** Every call that was made. */
  readonly fibers: Array<Fiber.Fiber<unknown, unknown>>
  /** Makes the ask of a call of one's own, as the user of the stack wants asks to be. */
  readonly optionsOf: (drawn: CallOptions) => ResolvedOptions
}

/** Makes a call, beside all others: one that cannot be interrupted would hold up whatever waits for its end. */
export const beside = <A, E, R>({ fibers }: Trial, call: Effect.Effect<A, E, R>) =>
  Effect.tap(Effect.forkDetach(call, { startImmediately: true }), (fiber) => Effect.sync(() => fibers.push(fiber)))

/** Interrupts whatever is still there, and waits for none of it. */
export const abandoned = ({ fibers }: Trial): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const fiber of fibers) fiber.interruptUnsafe()
  })

/** What is wrong; nothing, if the law holds. */
export type Wrongs = ReadonlyArray<string>

/** The text if something is wrong. */
export const says = (wrong: boolean, text: string): Wrongs => (wrong ? [text] : [])

/** What no stack may do, and how to see that it did. */
export interface Law {
  readonly name: string
  /** The law in one sentence. */
  readonly promise: string
  /** Whether random loads put it to the test, or a call that is interrupted at each of its steps, or both. */
  readonly tests: ReadonlyArray<"loads" | "interruptions">
  /** Looks whenever nothing can move but time. */
  readonly during?: ((trial: Trial) => Effect.Effect<Wrongs>) | undefined
  /** Looks once every caller has gone; it may make calls of its own. */
  readonly after?: ((trial: Trial) => Effect.Effect<Wrongs>) | undefined
  /** Compares what two plays of the same scenario noted. */
  readonly twice?: ((first: ReadonlyArray<string>, second: ReadonlyArray<string>) => Wrongs) | undefined
}
