import { Data, type Effect, Predicate } from "effect"
import * as Field from "../../config/Field.ts"
import { thrower } from "../../config/Options.ts"

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

/** The process has taken a change of its memory, but the store beneath has not: a restart would undo it. */
export class NotStored extends Data.TaggedError("NotStored")<{ readonly key: string; readonly cause: unknown }> {
  override get message(): string {
    return `the store did not take the change of ${this.key}, which a restart would undo: ${String(this.cause)}`
  }
}

/** What a memory does. Values that are not allowed are a defect, `InvalidOptions`, which names every one. */
export interface Remembering {
  /** Adds one entry, and forgets an older one with its key or its words. */
  readonly remember: (entry: Entry) => Effect.Effect<void, NotStored>
  /** What a situation asks for, a line a statement, in at most so many tokens; nothing if that is 0 or less. */
  readonly context: (situation: string, budgetTokens: number) => Effect.Effect<string>
  /** Forgets the entry under a key, or all for which a function returns true; returns how many. */
  readonly forget: (which: string | ((entry: Kept) => boolean)) => Effect.Effect<number, NotStored>
  /** Copies of all entries, oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<Kept>>
}

const isTime = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= 8.64e15
const isKey = (value: unknown): value is string => typeof value === "string" && value !== ""
const isBudget = (value: unknown): value is number => typeof value === "number" && !Number.isNaN(value)
const isWhich = (value: unknown): value is string => Predicate.isString(value) || Predicate.isFunction(value)

const isText = Field.value(Predicate.isString, "a text", { example: '"Ada is ill."' })

/** What a memory is given. */
export const fields = {
  text: isText,
  key: Field.optional(Field.value(isKey, "a text that is not empty", { example: '"ada/health"' })),
  at: Field.value(isTime, "milliseconds since 1970", { example: "1767225600000" }),
  importance: Field.optional(Field.number(1, 10, { example: "5" })),
  kind: Field.optional(Field.value(Predicate.isString, "a text", { example: '"chat"' }))
}

/** Throw `InvalidOptions`, which names every value that is not allowed. */
export const checkEntry = thrower(fields)
export const checkSituation = thrower({
  situation: isText,
  budgetTokens: Field.value(isBudget, "a number of tokens", { example: "600" })
})
export const checkWhich = thrower({
  which: Field.value(isWhich, "a key, or a function of an entry", { example: '"ada/health"' })
})
