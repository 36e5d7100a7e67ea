import type { Effect } from "effect"
import type { NoValue } from "../Extract.ts"
import type { Format } from "../Shape.ts"
import type { Draw } from "./Draw.ts"
import type { House } from "./House.ts"

/** Something that a job may look up, thing by thing. */
export interface Lookup {
  readonly name: string
  readonly description: string
  /** What is known of a thing; `undefined` if nothing is. */
  readonly find: (item: string) => Readonly<Record<string, string | number>> | undefined
}

/** What is wrong with a result; `undefined` if nothing is. */
export type Verdict = string | undefined

/** What sets one job apart from others of its kind. */
export interface Particulars {
  /** What is to be done, in words. */
  readonly task: string
  readonly lookups: ReadonlyArray<Lookup>
  /** Says what is wrong with a result, and never the right one. */
  readonly check: (result: unknown) => Verdict
}

/** Jobs that are alike: the same goal, the same tools and the same shape of the result. */
export interface Kind {
  readonly name: string
  /** What such jobs are about, without particulars. */
  readonly goal: string
  readonly limits: ReadonlyArray<string>
  /** The names of the lookups that such jobs may need. */
  readonly tools: ReadonlyArray<string>
  /** The shape of a result, in words for a model. */
  readonly shape: string
  /** The same as a schema, for endpoints that take one. */
  readonly format: Format | undefined
  /** Takes the result out of a reply. */
  readonly read: (reply: string) => Effect.Effect<unknown, NoValue>
  readonly make: (draw: Draw, house: House) => Particulars
}

/** What an agent is to do, and how its result is checked. */
export interface Job extends Particulars {
  /** Counts from 1. */
  readonly serial: number
  readonly kind: Kind
}
