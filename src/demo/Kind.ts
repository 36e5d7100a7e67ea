import type { Schema } from "effect"
import * as Job from "../agents/Job.ts"
import type { Draw, Rules } from "./Draw.ts"

/** Jobs that are alike: the same goal and the same shape of the result. */
export interface Kind {
  readonly name: string
  readonly make: (draw: Draw, rules: Rules) => Job.Job
}

interface Options<A> extends Pick<Job.Options<A>, "goal" | "limits"> {
  readonly name: string
  readonly result: Schema.Decoder<A>
  readonly make: (draw: Draw, rules: Rules) => Pick<Job.Options<A>, "task" | "lookups" | "check">
}

/** Makes a kind of jobs. */
export const make = <A>({ goal, limits, make, name, result }: Options<A>): Kind => ({
  name,
  make: (draw, rules) => Job.make({ goal, limits, result, ...make(draw, rules) })
})

/** A rule in words, and the results that break it. */
export interface Rule<A> {
  readonly says: string
  readonly without: ReadonlyArray<A>
}

/** Compares a result with the right one; for a wrong one it names the first rule that it breaks. */
export const compare = <A>(
  result: A,
  right: A,
  rules: ReadonlyArray<Rule<A>>,
  same: (a: A, b: A) => boolean
): string | undefined => {
  if (same(result, right)) return undefined
  return rules.find(({ without }) => without.some((other) => same(result, other)))?.says ?? "That is not right."
}

/** Whether two amounts are the same to half a hundredth. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.005 + 1e-6
