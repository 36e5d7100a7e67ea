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
  it.effect(
    "the estimate is never under the exact count of prose, code and other languages, and at most 2.1 times it",
    () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        for (const file of [...files, ...languages]) {
          const text = readFileSync(new URL(file, modules), "utf8").slice(0, 30_000)
          for (let from = 0; from + 600 <= text.length; from += 600) {
            const piece = text.slice(from, from + 600)
            const exact = count(piece)
            assert.isAtLeast(Tokenizer.estimate.count(piece), exact, `${file} at ${from}`)
            assert.isAtMost(Tokenizer.estimate.count(piece), exact * 2.1, `${file} at ${from}`)
          }
        }
      }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  for (const [name, alphabet] of Object.entries(alphabets)) {
    it.effect(`the estimate is not under the exact count of ${name}`, () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        let seed = 1
        // A fixed sequence of draws, that a failure can be repeated.
        const draw = () => alphabet[(seed = (seed * 48_271) % 2_147_483_647) % alphabet.length]!
        for (let run = 0; run < runs(100, 1_000); run++) {
          const text = Array.from({ length: 200 }, draw).join("")
          assert.isAtLeast(Tokenizer.estimate.count(text), count(text), JSON.stringify(text))
        }
      }).pipe(Effect.provide(Tokenizer.layerO200k))
    )
  }

  it.effect(
    "the estimate is not under the exact count of any piece of texts it was not fitted on, and near that of prose",
    () =>
      Effect.gen(function* () {
        const { count } = yield* Tokenizer.current
        const shareOf = (text: string) => Tokenizer.estimate.count(text) / count(text)
        for (const [name, text] of Object.entries({ ...HeldOut.natural, ...HeldOut.kinds })) {
          for (const size of [50, 80, text.length]) {
            for (let from = 0; from + size <= text.length; from += size) {
              const piece = text.slice(from, from + size)
              assert.isAtLeast(shareOf(piece), 1, `${name}: ${piece}`)
            }
          }
        }
        const shares = Object.values(HeldOut.natural).map(shareOf)
        const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
        assert.isAtMost(mean, 1.35)
        assert.isAtMost(Math.max(...shares), 1.8)
      }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it.effect("the estimate of one character again and again is not under the exact count, and at most 5 times it", () =>
    Effect.gen(function* () {
      const { count } = yield* Tokenizer.current
      const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
      for (const one of [
        ...ascii,
        "\n",
        "\t",
        "é",
        "ж",
        "あ",
        "好",
        "哈",
        "가",
        "ا",
        "🙂",
        "\u2014",
        "\u2500",
        "\u3000"
      ]) {
        for (const times of [50, 2_000]) {
          const text = one.repeat(times)
          const exact = count(text)
          assert.isAtLeast(Tokenizer.estimate.count(text), exact, `${times} times ${one}`)
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

  it("a missing package says what to install", () => {
    assert.include(new TokenizerMissing({ cause: "" }).message, "npm install gpt-tokenizer@4")
  })
})
