import { countTokens } from "gpt-tokenizer/encoding/o200k_base"
import { Recollection } from "../../src/agents/memory/Recollection.ts"

const count = (text) => countTokens(text, { disallowedSpecial: new Set() })
const known = new WeakMap()

const recollect = (memories) => {
  const recollection = new Recollection({ count })
  for (const { at, importance, key, kind, text } of memories)
    recollection.remember({ at: Date.parse(at), importance, key, kind, text })
  known.set(memories, recollection)
  return recollection
}

export const select = (memories, { text }, { budgetTokens }) =>
  (known.get(memories) ?? recollect(memories)).context(text, budgetTokens)
