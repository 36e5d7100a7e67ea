import { Hash } from "effect"
import type { Input } from "./EmbeddingRequest.ts"
import * as Text from "./Text.ts"

// A feature is spread over several places, so that one collision does not make two texts alike.
const places = 4

const light = 0.2
const part = 0.3

/** Adds a feature to a vector, at places and with signs that follow from its name. */
const add = (vector: Float64Array, feature: string, weight: number): void => {
  let state = Hash.string(feature)
  for (let i = 0; i < places; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    state ^= state >>> 13
    vector[(state >>> 1) % vector.length]! += state & 1 ? weight : -weight
  }
}

const addText = (vector: Float64Array, text: string): void => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const telling = new Set(Text.wordsOf(text))
  for (const word of words) {
    const weight = telling.has(word) ? 1 : light
    add(vector, word, weight)
    // Words of one stem have most of these in common.
    for (let i = 0; i + 3 <= word.length; i++) add(vector, `${word.slice(i, i + 3)}-`, weight * part)
  }
}

/** Turns a text into a vector of length one; texts with words in common are near each other. */
export const of = (input: Input, dimensions: number): ReadonlyArray<number> => {
  const vector = new Float64Array(dimensions)
  if (typeof input === "string") addText(vector, input)
  else for (const token of input) add(vector, `#${token}`, 1)
  // So that no text is without a direction.
  if (!vector.some((value) => value !== 0)) add(vector, String(input), 1)
  if (!vector.some((value) => value !== 0)) vector[0] = 1
  const length = Math.hypot(...vector)
  return Array.from(vector, (value) => Math.round((value / length) * 1e8) / 1e8)
}
