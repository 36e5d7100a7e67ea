import { Schema } from "effect"
import * as Body from "./Body.ts"
import * as Text from "./Text.ts"

/** A function that the model may ask its caller to run. */
export const Callable = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1)),
  description: Schema.optional(Schema.NullOr(Schema.String)),
  parameters: Schema.optional(Schema.Unknown)
})
export type Callable = typeof Callable.Type

/** A tool on offer; the model calls functions alone. */
export const Tool = Schema.Struct({ type: Schema.String, function: Schema.optional(Callable) }).check(
  Schema.makeFilter(
    (tool) => tool.type !== "function" || tool.function !== undefined || { path: ["function"], issue: Body.missing }
  )
)

const Named = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.String })
})

const Allowed = Schema.Struct({
  type: Schema.Literal("allowed_tools"),
  allowed_tools: Schema.Struct({
    mode: Schema.Literals(["auto", "required"]),
    tools: Schema.Array(Schema.Struct({ function: Schema.optional(Schema.Struct({ name: Schema.String })) }))
  })
})

/** Which tools the model may call, or has to. */
export const Choice = Schema.Union([Schema.Literals(["none", "auto", "required"]), Named, Allowed])

/** What a request says of tools. */
export interface Offer {
  readonly functions: ReadonlyArray<Callable>
  readonly choice: typeof Choice.Type
  /** Whether the model may call several at once. */
  readonly parallel: boolean
  /** What the model is asked. */
  readonly question: string
  /** Whether the results of earlier calls have just come. */
  readonly answered: boolean
}

const wordsOf = (text: string): ReadonlyArray<string> =>
  (text.match(/[\p{L}\p{N}_-]+/gu) ?? []).map((word) => word.toLowerCase().replace(/s$/, ""))

/** The words a name is made of. */
export const partsOf = (name: string): ReadonlyArray<string> =>
  Text.wordsOf(name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2"))

const isMeant = (question: string, { name }: Callable): boolean => {
  const words = new Set(wordsOf(question))
  return [...wordsOf(name), ...partsOf(name).flatMap(wordsOf)].some((word) => words.has(word))
}

const chooseOf = (offer: Offer, functions: ReadonlyArray<Callable>, required: boolean): ReadonlyArray<Callable> => {
  if (offer.answered && !required) return []
  const meant = functions.filter((one) => isMeant(offer.question, one))
  return meant.length > 0 || !required ? meant : functions.slice(0, 1)
}

/**
 * Decides which functions to call: those whose name, or a word of it, is in the question.
 *
 * When a call is required and none is meant, it is the first. With the results of calls in hand, only a required call is made.
 */
export const choose = (offer: Offer): ReadonlyArray<Callable> => {
  const { choice, functions, parallel } = offer
  const all = (): ReadonlyArray<Callable> => {
    if (choice === "none") return []
    if (typeof choice === "string") return chooseOf(offer, functions, choice === "required")
    if (choice.type === "function") return functions.filter(({ name }) => name === choice.function.name)
    const names = new Set(choice.allowed_tools.tools.map((tool) => tool.function?.name))
    const allowed = functions.filter(({ name }) => names.has(name))
    return chooseOf(offer, allowed, choice.allowed_tools.mode === "required")
  }
  return parallel ? all() : all().slice(0, 1)
}
