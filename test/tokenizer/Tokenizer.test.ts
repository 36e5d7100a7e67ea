import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Tokenizer, TokenizerMissing } from "../../src/tokenizer/Tokenizer.ts"
import * as HeldOut from "../support/heldOut.ts"
import { runs } from "../support/runs.ts"

const modules = new URL("../../node_modules/", import.meta.url)
const files = [
  "openai/README.md",
  "bottleneck/README.md",
  "effect/src/Effect.ts",
  "openai/client.js",
  "zod/package.json"
]
const languages = ["de", "el", "ru", "ar", "hi", "zh-CN", "ja", "ko"].map((name) => `zod/src/v4/locales/${name}.ts`)
const digits = "0123456789"
const letters = "abcdefghijklmnopqrstuvwxyz"
const alphabets = {
  letters: [...letters],
  "made-up words": [...letters, " ", " ", " ", " "],
  vowels: [..."aeiou"],
  capitals: [...letters.toUpperCase()],
  bases: [..."ACGT"],
  Cyrillic: [..."абвгдежзийклмнопрстуфхцчшщъыьэюя"],
  digits: [...digits],
  hex: [...digits, ..."abcdef"],
  identifiers: [...letters, ...letters.toUpperCase(), ...digits],
  punctuation: [..."!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
  whitespace: [" ", "\t", "\n", "\r\n", "    ", "\u00a0", "\u3000"],
  control: Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)),
  emoji: ["👍🏽", "🙂", "👩‍🔬", "🇩🇪", "❤️", "🫠"],
  words: ["the ", "mill ", "is ", "closed ", "useState ", "getElementById ", "strengths ", "Zürich ", "漢字", "мир "]
}

describe("Tokenizer", () => {
  it.effect("the estimate of files is at least 97 % of the exact count, and at most 1.3 times it", () =>
    Effect.gen(function* () {
      const { count } = yield* Tokenizer.current
      for (const file of [...files, ...languages]) {
        const text = readFileSync(new URL(file, modules), "utf8").slice(0, 30_000)
        const share = Tokenizer.estimate.count(text) / count(text)
        assert.isAtLeast(share, 0.97, file)
        assert.isAtMost(share, 1.3, file)
      }
    }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it.effect(
    "the estimate of texts it was not fitted on is on average a tenth above the exact count, in any language",
    () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        const sharesOf = (texts: Readonly<Record<string, string>>) =>
          Object.entries(texts).map(([name, text]) => {
            const share = Tokenizer.estimate.count(text) / count(text)
            assert.isAtLeast(share, 0.9, name)
            assert.isAtMost(share, 1.5, name)
            return share
          })
        const mean = (shares: ReadonlyArray<number>) => shares.reduce((sum, share) => sum + share, 0) / shares.length
        for (const texts of [HeldOut.natural, HeldOut.kinds]) {
          assert.isAtLeast(mean(sharesOf(texts)), 1.02)
          assert.isAtMost(mean(sharesOf(texts)), 1.15)
        }
      }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  for (const [name, alphabet] of Object.entries(alphabets)) {
    it.effect(`the estimate of random ${name} is off by at most a third down, and by the double up`, () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        let seed = 1
        // A fixed sequence of draws, that a failure can be repeated.
        const draw = () => alphabet[(seed = (seed * 48_271) % 2_147_483_647) % alphabet.length]!
        const text = Array.from({ length: runs(5_000, 50_000) }, draw).join("")
        const share = Tokenizer.estimate.count(text) / count(text)
        assert.isAtLeast(share, 0.66)
        assert.isAtMost(share, 2)
      }).pipe(Effect.provide(Tokenizer.layerO200k))
    )
  }

  it.effect(
    "the estimate of one character again and again is not far under the exact count, and at most 5 times it",
    () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
        const others = [..."\n\téжあ好哈가ا🙂\u2014\u2500\u3000"]
        for (const one of [...ascii, ...others]) {
          for (const times of [50, 2_000]) {
            const text = one.repeat(times)
            const exact = count(text)
            assert.isAtLeast(Tokenizer.estimate.count(text), 0.9 * exact, `${times} times ${one}`)
            assert.isAtMost(Tokenizer.estimate.count(text), exact * 5, `${times} times ${one}`)
          }
        }
      }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it.effect("the layer counts as o200k_base does, and takes special tokens as plain text", () =>
    Effect.gen(function* () {
      const { count } = yield* Tokenizer.current

      assert.strictEqual(count("hello world"), 2)
      assert.isAbove(count("<|endoftext|>"), 1)
    }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it.effect(
    "the exact count of a word without end is made in time, and counts at most a token more for each 256 characters",
    () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current

        assert.strictEqual(count(`${"ab".repeat(128)}`), count("ab".repeat(128)))
        assert.isAtMost(count("a".repeat(100_000)), 100_000 / 8 + 100_000 / 256 + 1)
      }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it("a missing package says what to install", () => {
    assert.include(new TokenizerMissing({ cause: "" }).message, "npm install gpt-tokenizer@4")
  })
})
