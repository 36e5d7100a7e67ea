import { Effect, Queue, Schema, type Scope } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { withParameters } from "../../ai/chat/Parameters.ts"
import { withOptions } from "../../ai/GuardedModel.ts"
import type { Memory } from "../Memory.ts"
import * as Pressure from "../Pressure.ts"
import type { Entry, Kept } from "./Entry.ts"
import { fieldsOf, keyOf } from "./Records.ts"

const Facts = Schema.Struct({ facts: Schema.Array(Schema.Struct({ key: Schema.String, text: Schema.String })) })

const system =
  "List every fact of the note: each a sentence that is understood alone, in the note's language, with a short key that names what it is the current state of. A newer state of the same thing gets the same key. Use a known key where one fits."

/** Marks the keys of a model, so that they never meet those of a caller. */
const mark = "* "
// Enough to be used again; more would cost more than they bring.
const knownKeys = 40
// After whatever serves a job.
const lowest = 9

const isProse = ({ key, kind, text }: Entry): boolean =>
  key === undefined && kind !== "rule" && keyOf(text) === undefined && fieldsOf(text) === undefined

/** Puts a model before a memory that distils what is remembered. */
export const make = Effect.fnUntraced(function* (
  memory: Memory["Service"]
): Effect.fn.Return<Memory["Service"], never, LanguageModel.LanguageModel | Scope.Scope> {
  const model = yield* LanguageModel.LanguageModel
  const isPressed = yield* Pressure.make
  const waiting = yield* Queue.unbounded<Kept>()

  const hasRoom = Effect.gen(function* () {
    while (yield* isPressed) yield* Effect.sleep("1 second")
  })
  const ask = Effect.fnUntraced(function* ({ text }: Kept) {
    const keys = (yield* memory.list).flatMap(({ key }) =>
      key?.startsWith(mark) === true ? [key.slice(mark.length)] : []
    )
    const prompt = Prompt.make([
      { role: "system", content: system },
      { role: "user", content: `Known keys: ${keys.slice(-knownKeys).join("; ") || "none"}\nNote: ${text}` }
    ])
    const about = { caller: "memory", purpose: "distil", priority: lowest }
    return yield* model
      .generateObject({ prompt, schema: Facts })
      .pipe(withParameters({ maxCompletionTokens: 100 + text.length }), withOptions(about))
  })
  const distil = Effect.fnUntraced(function* (entry: Kept) {
    const { facts } = (yield* ask(entry)).value
    const isSame = ({ at, key, text }: Kept) => key === undefined && text === entry.text && at === entry.at
    // It may have been forgotten, or told again, in the meantime.
    if (facts.length === 0 || !(yield* memory.list).some(isSame)) return
    yield* Effect.forEach(facts, ({ key, text }) => memory.remember({ ...entry, key: `${mark}${key}`, text }))
    yield* memory.forget(isSame)
  })
  // A model that fails leaves the entry as it is; the next entry is another matter.
  const next = Queue.take(waiting).pipe(
    Effect.tap(hasRoom),
    Effect.flatMap((entry) =>
      Effect.catchCause(distil(entry), (cause) => Effect.logDebug("An entry was not distilled", cause))
    )
  )
  yield* Effect.forkScoped(Effect.forever(next))

  const remember = Effect.fnUntraced(function* (given: Entry) {
    const before = new Set(yield* memory.list)
    yield* memory.remember(given)
    if (!isProse(given)) return
    for (const entry of yield* memory.list)
      if (!before.has(entry) && entry.text === given.text) Queue.offerUnsafe(waiting, entry)
  })
  return { ...memory, remember }
})
