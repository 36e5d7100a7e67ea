import type { Effect } from "effect"
import type { NotStored } from "./NotStored.ts"

/** One note of an agent: something seen, heard, done or concluded. */
export interface Entry {
  /** Prose, a table, a log or JSON, of any length. */
  readonly text: string
  /** What the entry is the current state of: a later entry with the same key replaces it. Default: none, but see docs/memory.md. */
  readonly key?: string | undefined
  /** When it was true, in milliseconds since 1970. Default: the time of the Clock. */
  readonly at?: number | undefined
  /** How much it matters, 1 to 10; 10 is part of every context. Default: 5. */
  readonly importance?: number | undefined
  /** A short label such as observation, chat or tool; `rule` is part of every context. Default: none. */
  readonly kind?: string | undefined
}

/** An entry as it is kept, with its time. */
export interface Kept extends Entry {
  readonly at: number
}

/** What a memory does. */
export interface Remembering {
  /** Adds one entry, and forgets an older one with its key or its words. */
  readonly remember: (entry: Entry) => Effect.Effect<void, NotStored>
  /** What a situation asks for, a line a statement, in at most so many tokens. */
  readonly context: (situation: string, budgetTokens: number) => Effect.Effect<string>
  /** Forgets the entry under a key, or all for which a function returns true; returns how many. */
  readonly forget: (which: string | ((entry: Kept) => boolean)) => Effect.Effect<number, NotStored>
  /** All entries, oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<Kept>>
}
