import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Memory } from "../../../src/agents/Memory.ts"
import type { Entry, Kept } from "../../../src/agents/memory/Entry.ts"
import { Recollection } from "../../../src/agents/memory/Recollection.ts"
import { count } from "./told.ts"

const summer = (day: number, time: string): number => Date.parse(`2030-10-${day}T${time}Z`)

/** What public reports say of other memories, and what is told of it here. */
const reports: ReadonlyArray<readonly [kind: string, entries: ReadonlyArray<string | Entry>, told: string]> = [
  ["a change of mind deletes both", ["I love figs.", "I hate figs."], "[1 Mar] I love figs.\n[2 Mar] I hate figs."],
  [
    "old and new are told alike",
    ["项目数据库：PostgreSQL，部署在容器中", "项目数据库已迁移：从 PostgreSQL 切换到 MySQL"],
    "[1 Mar] 项目数据库：PostgreSQL，部署在容器中\n[2 Mar] 项目数据库已迁移：从 PostgreSQL 切换到 MySQL"
  ],
  ["the same words again delete the first", ["The dog is tame.", "The dog is tame."], "The dog is tame."],
  [
    "a denial replaces nothing",
    ["Feature flags are enabled in production.", "Feature flags are not enabled in production."],
    "[1 Mar] Feature flags are enabled in production.\n[2 Mar] Feature flags are not enabled in production."
  ],
  [
    "what is said more often wins",
    ["The fair is on May 29.", "The fair is on May 29, hall B.", "No, the fair is on June 5."],
    "[1 Mar] The fair is on May 29.\n[2 Mar] The fair is on May 29, hall B.\n[3 Mar] No, the fair is on June 5."
  ],
  [
    "all texts without Latin letters are one",
    ["データベースの設定を確認する", "도커를 사용해야 한다", "развертывание должно", "部署前必须运行测试"],
    "データベースの設定を確認する\n도커를 사용해야 한다\nразвертывание должно\n部署前必须运行测试"
  ],
  [
    "composed and decomposed letters are two",
    ["Caf\u00e9 Zo\u00eb opens.", "Cafe\u0301 Zoe\u0308 opens."],
    "Cafe\u0301 Zoe\u0308 opens."
  ],
  [
    "composed and decomposed keys are two",
    [
      { key: "caf\u00e9", text: "open" },
      { key: "cafe\u0301", text: "shut" }
    ],
    "cafe\u0301: shut"
  ],
  [
    "names of JavaScript's own are lost",
    [{ key: "__proto__", text: "x" }, { key: "constructor", text: "y" }, "toString valueOf"],
    "__proto__: x\nconstructor: y\ntoString valueOf"
  ],
  [
    "a later write of an older state wins",
    [
      { key: "k", text: "new", at: 9 },
      { key: "k", text: "old", at: 8 }
    ],
    "k: new"
  ],
  [
    "times before 1970 are all one",
    [
      { key: "k", text: "new", at: -1e12 },
      { key: "k", text: "old", at: -2e12 }
    ],
    "k: new"
  ],
  [
    "the hour that comes twice when summer time ends is one",
    [
      { text: "Pump off.", at: summer(27, "00:30") },
      { text: "Pump on.", at: summer(27, "01:30") }
    ],
    "[27 Oct 00:30] Pump off.\n[27 Oct 01:30] Pump on."
  ],
  [
    "days are cut at a midnight of the machine",
    [
      { text: "Pump off.", at: summer(26, "23:59") },
      { text: "Pump on.", at: summer(27, "00:01") }
    ],
    "[26 Oct] Pump off.\n[27 Oct] Pump on."
  ],
  [
    "two states of one minute look alike",
    [
      { text: "Pump off.", at: summer(27, "08:30:05") },
      { text: "Pump on.", at: summer(27, "08:30:40") }
    ],
    "[27 Oct 08:30:05] Pump off.\n[27 Oct 08:30:40] Pump on."
  ],
  [
    "half a character breaks the text",
    ["Bad \ud83d half.", "Good \ud83d\ude00."],
    "Bad \ud83d half.\nGood \ud83d\ude00."
  ],
  ["names of special tokens break counting", ["<|endoftext|> is a token."], "<|endoftext|> is a token."],
  ["an entry without words is told as an empty line", ["", "  \n", "Rain."], "Rain."]
]

describe("Reports of other memories", () => {
  it.each(reports)("%s", (_kind, entries, told) => {
    const recollection = new Recollection({ count })
    for (const [i, entry] of entries.entries())
      recollection.remember({
        at: Date.UTC(2030, 2, 1 + i),
        ...(typeof entry === "string" ? { text: entry } : entry)
      } as Kept)

    assert.strictEqual(recollection.context("", 400), told)
  })

  it.effect("concurrent writers of one key leave one entry, the same in the store", () =>
    Effect.gen(function* () {
      const memory = yield* Memory.makePersisted("ada")
      const write = (at: number) => memory.remember({ key: "k", text: `state ${at} `.repeat(300), at })
      yield* Effect.forEach([3, 7, 1, 9, 4, 8, 2], write, { concurrency: "unbounded", discard: true })

      const [kept, ...others] = yield* memory.list
      assert.deepInclude(kept, { key: "k", at: 9 })
      assert.lengthOf(others, 0)
      assert.deepStrictEqual(yield* (yield* Memory.makePersisted("ada")).list, [kept!])
      assert.lengthOf(yield* (yield* KeyValueStore.KeyValueStore).keys, 1)
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )
})
