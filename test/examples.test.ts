import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const folder = join(import.meta.dirname, "../examples")
const says: Readonly<Record<string, string>> = {
  "fetch-for-openai.ts": "Hello! (1 succeeded, for ada)",
  "guard-a-model.ts": "an answer of the model (1 succeeded)",
  "language-model.ts": "ada did 3 steps\nbob did 3 steps\n8 calls",
  "own-policy.ts": "ada: welcome\nbob: never_admissible",
  "stats-route.ts": "200: 1 succeeded",
  "streamed-answer.ts": "one word after the other (0 in flight)",
  "two-priorities.ts": "reflect reflect act act act reflect"
}

describe("The examples", () => {
  it("are all run here", () => {
    assert.deepStrictEqual(readdirSync(folder).sort(), Object.keys(says).sort())
  })

  for (const [name, expected] of Object.entries(says)) {
    it(`${name} does what it says`, async () => {
      const { stderr, stdout } = await promisify(execFile)("node", [join(folder, name)])

      assert.strictEqual(stdout.trim(), expected)
      assert.strictEqual(stderr, "")
    })
  }
})
