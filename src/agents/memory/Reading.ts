import type { Frame } from "./reading/Frame.ts"
import type { Chunk, Spot, Value } from "./reading/Token.ts"

export type { Chunk, Spot, Value } from "./reading/Token.ts"

/** What kind of question a statement answers. */
export type Form = "row" | "number" | "clock" | "role" | "place" | "state"

/** A statement as understood. */
export interface Reading {
  readonly text: string
  /** What kind of question it answers, if any. */
  readonly form: Form | undefined
  readonly key: string | undefined
  /** Stems of the names of its columns. */
  readonly labels: ReadonlySet<string>
  /** Stems of proper names, without whoever is only quoted. */
  readonly names: ReadonlySet<string>
  /** Stems of the name of whoever is quoted. */
  readonly voice: ReadonlySet<string>
  /** Those of the names that are no names of places. */
  readonly persons: ReadonlySet<string>
  readonly spots: ReadonlyArray<Spot>
  /** Those of the spots that are no names. */
  readonly things: ReadonlyArray<Spot>
  /** Every word of it, in small letters. */
  readonly words: ReadonlySet<string>
  readonly values: ReadonlyArray<Value>
  readonly olds: ReadonlySet<string>
  /** Days and the like. */
  readonly days: ReadonlySet<string>
  /** Stems of where it says that something is, and the spots that may tell what. */
  readonly place:
    | { readonly stems: ReadonlySet<string>; readonly sure: boolean; readonly subject: ReadonlyArray<Spot> }
    | undefined
  /** What it says that something is like. */
  readonly state: { readonly about: Chunk; readonly tells: ReadonlySet<string>; readonly sure: boolean } | undefined
  readonly aspects: number
  /** All stems that a situation may ask for. */
  readonly stems: ReadonlySet<string>
  readonly changes: boolean
  readonly question: boolean
  /** Whether it speaks of what is now. */
  readonly frame: Frame
  readonly negates: boolean
  /** Whether it only tells what is not so. */
  readonly denies: boolean
  /** Whether it only tells what was done once. */
  readonly event: boolean
}
