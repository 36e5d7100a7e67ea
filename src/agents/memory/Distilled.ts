import { Effect, Equal, Queue, Schema, type Scope } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { withParameters } from "../../ai/chat/Parameters.ts"
import { withOptions } from "../../ai/GuardedModel.ts"
import { untilCalm } from "../Overload.ts"
import type { Entry, Kept, Remembering } from "./Entry.ts"
import { fieldsOf, keyOf } from "./Records.ts"

const Facts = Schema.Struct({ facts: Schema.Array(Schema.Struct({ key: Schema.String, text: Schema.String })) })

const system =
  "List every fact of the note: each a sentence that is understood alone, in the note's language, with a short key that names what it is the current state of. A newer state of the same thing gets the same key. Use a known key where one fits."

// Marks the keys of a model, so that they never meet those of a caller.
const mark = "* "
// After whatever serves a job.
const priority = 9

const isProse = ({ key, kind, text }: Entry): boolean =>
  key === undefined && kind !== "rule" && keyOf(text) === undefined && fieldsOf(text) === undefined

/** Puts a model before a memory that distils what is remembered. */
export const make = Effect.fnUntraced(function* (
  memory: Remembering
): Effect.fn.Return<Remembering, never, LanguageModel.LanguageModel | Scope.Scope> {
  const model = yield* LanguageModel.LanguageModel
  const calm = yield* untilCalm
  const waiting = yield* Queue.unbounded<string>()

  const factsOf = Effect.fnUntraced(function* ({ text }: Kept) {
    const known = (yield* memory.list).flatMap(({ key }) => (key?.startsWith(mark) ? [key.slice(mark.length)] : []))
    const prompt = Prompt.make([
      { role: "system", content: system },
      { role: "user", content: `Known keys: ${known.slice(-40).join("; ")}\nNote: ${text}` }
    ])
    const asked = model.generateObject({ prompt, schema: Facts })
    const about = withOptions({ caller: "memory", purpose: "distil", priority })
    return (yield* asked.pipe(withParameters({ maxCompletionTokens: 200 + text.length }), about)).value.facts
  })
  const distil = Effect.fnUntraced(function* (text: string) {
    yield* calm
    const entryOf = Effect.map(memory.list, (all) => all.find((one) => one.key === undefined && one.text === text))
    const entry = yield* entryOf
    const facts = entry === undefined ? [] : yield* factsOf(entry)
    // It may have been forgotten or told again in the meantime.
    if (facts.length === 0 || !Equal.equals(entry, yield* entryOf)) return
    yield* Effect.forEach(facts, (fact) => memory.remember({ ...entry, ...fact, key: `${mark}${fact.key}` }))
    yield* memory.forget((other) => Equal.equals(other, entry))
  })
  const quietly = Effect.catchCause((cause) => Effect.logDebug("An entry was not distilled", cause))
  yield* Queue.take(waiting).pipe(Effect.flatMap(distil), quietly, Effect.forever, Effect.forkScoped)

  const offer = (given: Entry) => (isProse(given) ? Queue.offer(waiting, given.text) : Effect.void)
  return { ...memory, remember: (given) => Effect.andThen(memory.remember(given), () => offer(given)) }
})
