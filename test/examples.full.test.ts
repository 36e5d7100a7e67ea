import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const folder = join(import.meta.dirname, "../examples")
const leak = `The stack breaks the law "no leak": no place, permit, token or probe slot is lost or duplicated, at whatever step a call is interrupted.

  after an idle period 1 call can start at once, expected 2

Shortest history found (1 call, shrunk from 4, seed 1):

      0 ms  call 1 arrives (of caller 0)
      0 ms  call 1 is cancelled by its caller
      0 ms  call 1 ends: interrupted
  10000 ms  healthy call 1 arrives (of healthy)
  10000 ms  healthy call 1 starts
  10000 ms  healthy call 1 stops at the model: succeeded
  10000 ms  healthy call 1 ends: succeeded
  70500 ms  late call 1 arrives (of late 1)
  70500 ms  late call 1 starts
  70500 ms  late call 2 arrives (of late 2)
  70500 ms  late call 2 ends: refused as QueueFull
  70500 ms  late call 3 arrives (of late 3)
  70500 ms  late call 3 ends: refused as QueueFull

To replay it, check the same layer with the same options and
  replay: "{\\"calls\\":[{\\"interruptAtStep\\":3}],\\"seed\\":0}"`

const says: Readonly<Record<string, string>> = {
  "fetch-for-openai.ts": "Hello! (1 succeeded, for ada)",
  "find-a-leak.ts": leak,
  "guard-a-model.ts": "an answer of the model (1 succeeded)",
  "language-model.ts": "ada did 3 steps\nbob did 3 steps\n8 calls",
  "policy-by-wrapping.ts": "an answer\nIt keeps every law.",
  "policy-with-hooks.ts": "an answer, an answer, queue_full\nIt keeps every law.",
  "stats-route.ts": "200: 1 succeeded",
  "streamed-answer.ts": "one word after the other (0 in flight)",
  "two-priorities.ts": "reflect reflect act act act reflect"
}

describe("The examples", () => {
  it("are all run here", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".ts"))
    assert.deepStrictEqual(files.sort(), Object.keys(says).sort())
  })

  for (const [name, expected] of Object.entries(says)) {
    it(`${name} does what it says`, async () => {
      const { stderr, stdout } = await promisify(execFile)("node", [join(folder, name)])

      assert.strictEqual(stdout.trim(), expected)
      assert.strictEqual(stderr, "")
    })
  }
})
