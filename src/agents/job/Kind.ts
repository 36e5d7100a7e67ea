import { Schema } from "effect"
import * as Extract from "../Extract.ts"
import type { Kind, Particulars, Verdict } from "./Job.ts"
import * as Shape from "../Shape.ts"
import type { Draw } from "./Draw.ts"
import type { House } from "./House.ts"

interface Options<A> extends Pick<Kind, "name" | "goal"> {
  readonly limits?: ReadonlyArray<string>
  readonly tools?: ReadonlyArray<string>
  readonly result: Schema.Decoder<A>
  readonly make: (
    draw: Draw,
    house: House
  ) => Pick<Particulars, "task"> & {
    readonly lookups?: Particulars["lookups"]
    readonly check: (result: A) => Verdict
  }
}

/** Makes a kind of job; what is not of the shape is not checked further. */
export const make = <A>({ goal, limits = [], make, name, result, tools = [] }: Options<A>): Kind => {
  const isResult = Schema.is(result)
  return {
    name,
    goal,
    limits,
    tools,
    shape: Shape.text(result),
    format: Shape.format(result),
    read: Extract.decode(result),
    make: (draw, house) => {
      const { check, lookups = [], task } = make(draw, house)
      return {
        task,
        lookups,
        check: (value) => (isResult(value) ? check(value) : "That is not of the shape that was asked for.")
      }
    }
  }
}

/** A custom of the house, in words, and the results of those who do not know it. */
export interface Custom<A> {
  readonly says: string
  readonly without: ReadonlyArray<A>
}

/** Compares a result with the right one, and names the first custom that it fails to keep. */
export const compare = <A>(
  result: A,
  right: A,
  customs: ReadonlyArray<Custom<A>>,
  same: (a: A, b: A) => boolean
): Verdict => {
  if (same(result, right)) return undefined
  return customs.find(({ without }) => without.some((other) => same(result, other)))?.says ?? "That is not right."
}

/** Whether two amounts are the same to half a hundredth. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.005 + 1e-6
