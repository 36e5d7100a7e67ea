import { assert, describe, it } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem } from "effect"
import { run } from "../support/cli.ts"

const env = {
  LLM_PRESET: "heavy",
  LLM_MAX_QUEUE_SIZE: "7",
  LLM_MAX_QUEU_SIZE: "1",
  OPENAI_API_KEY: "sk-never-shown",
  HEADGATE_API_KEYS: "ada=never-shown"
}

const fileOf = (text: string) =>
  Effect.gen(function* () {
    const { makeTempFileScoped, writeFileString } = yield* FileSystem.FileSystem
    const file = yield* makeTempFileScoped()
    yield* writeFileString(file, text)
    return file
  })

describe("headgate config", () => {
  it.effect("shows each value and where it came from, and no secret", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["config"], { env })

      assert.strictEqual(code, 0)
      assert.match(out, /^LLM_MAX_QUEUE_SIZE +7 +environment$/m)
      assert.match(out, /^LLM_REQUESTS_PER_SECOND +1 +preset$/m)
      assert.match(out, /^LLM_MAX_RETRIES +2 +default$/m)
      assert.match(out, /^OPENAI_API_KEY +<redacted> +environment$/m)
      assert.match(out, /^LOG_FORMAT +pretty on a terminal, else json +default$/m)
      assert.match(out, /^OPENAI_BASE_URL +https:\/\/api\.openai\.com\/v1 +default$/m)
      assert.match((yield* run(["config"])).out, /^OPENAI_BASE_URL +none +default$/m)
      assert.match(out, /^LLM_MAX_QUEU_SIZE .*did you mean LLM_MAX_QUEUE_SIZE/m)
      assert.notInclude(out, "never-shown")
    })
  )

  it.effect("tells the same to programs", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["config", "--json"], { env })
      const { unknown, variables } = JSON.parse(out) as { unknown: unknown; variables: Array<{ name: string }> }

      assert.deepStrictEqual(
        variables.find(({ name }) => name === "LLM_MAX_QUEUE_SIZE"),
        { name: "LLM_MAX_QUEUE_SIZE", value: "7", source: "environment" } as object
      )
      assert.deepStrictEqual(unknown, [{ name: "LLM_MAX_QUEU_SIZE", nearest: "LLM_MAX_QUEUE_SIZE" }])
      assert.notInclude(out, "never-shown")
    })
  )

  it.effect("reports every wrong value, with exit code 1", () =>
    Effect.gen(function* () {
      const wrong = { env: { PORT: "x", LLM_MAX_RETRIES: "99", LLM_MAX_QUEU_SIZE: "1" } }
      const text = yield* run(["config"], wrong)
      const json = yield* run(["config", "--json"], wrong)

      assert.deepStrictEqual([text.code, json.code], [1, 1])
      assert.match(text.err, /^PORT=x is not allowed: .*\n?/m)
      assert.match(text.err, /^LLM_MAX_RETRIES=99 is not allowed/m)
      assert.match(text.err, /^LLM_MAX_QUEU_SIZE is not a variable .*did you mean LLM_MAX_QUEUE_SIZE/m)
      assert.strictEqual(text.out, "")
      const { problems } = JSON.parse(json.out) as { problems: Array<{ name: string }> }
      assert.sameMembers(
        problems.map(({ name }) => name),
        ["PORT", "LLM_MAX_RETRIES"]
      )
    })
  )

  it.effect(
    "the key that commands send has a row, and a warning that it keeps nobody out where callers send none",
    () =>
      Effect.gen(function* () {
        const slip = yield* run(["config"], { env: { HEADGATE_API_KEY: "never-shown" } })
        const known = yield* run(["config"], { env: { ...env, HEADGATE_API_KEY: "never-shown" } })

        assert.match(slip.out, /^HEADGATE_API_KEY +<redacted> +environment$/m)
        assert.match(slip.out, /^HEADGATE_API_KEY is the key that commands send; .*HEADGATE_API_KEYS is set$/m)
        assert.notMatch(slip.out, /is not a variable|never-shown/)
        assert.notMatch(known.out, /HEADGATE_API_KEY is/)
      })
  )

  const east = { name: "east", baseUrl: "https://east.test/v1", apiKeyVariable: "EAST_KEY", models: ["gpt-*"] }
  const fallbackModels = { "gpt-4o": ["claude"] }

  it.effect("a file of endpoints that is right is told so, with exit code 0", () =>
    Effect.gen(function* () {
      const file = yield* fileOf(JSON.stringify({ endpoints: [east] }))
      const given = { env: { EAST_KEY: "never-shown" } }
      const text = yield* run(["config", "--check", file], given)
      const json = yield* run(["config", "--check", "--json"], { env: { ...given.env, HEADGATE_CONFIG: file } })

      assert.deepStrictEqual([text.code, text.out, text.err], [0, `${file} is right: east.`, ""])
      assert.deepStrictEqual([json.code, JSON.parse(json.out)], [0, { file, problems: [], endpoints: ["east"] }])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("a file of endpoints that is wrong is told with lines and paths, with exit code 1", () =>
    Effect.gen(function* () {
      const file = yield* fileOf(JSON.stringify({ endpoints: [east, east], fallbackModels }, null, 2))
      const text = yield* run(["config", "--check", file])
      const json = yield* run(["config", "--check", file, "--json"])

      assert.deepStrictEqual([text.code, json.code, text.out], [1, 1, ""])
      const places = text.err.split("\n").map((line) => line.replace(/^.*?(\d+: \S+)=.*/, "$1"))
      const told = [
        "6: endpoints[0].apiKeyVariable",
        "12: endpoints[1].name",
        "14: endpoints[1].apiKeyVariable",
        "22: fallbackModels.gpt-4o[0]"
      ]
      assert.deepStrictEqual(places, told)
      const { problems } = JSON.parse(json.out) as { problems: ReadonlyArray<{ name: string; line: number }> }
      assert.deepStrictEqual(
        problems.map(({ line, name }) => `${line}: ${name}`),
        told
      )
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("a file that cannot be read is told in words, with exit code 1; a check of none is wrong usage", () =>
    Effect.gen(function* () {
      const none = yield* run(["config", "--check"])
      const gone = yield* run(["config", "--check", "/nowhere/headgate.json"])
      const wrong = yield* run(["config", "--chek", "x.json"])

      const folder = yield* run(["config", "--check", "/"])

      assert.deepStrictEqual([none.code, gone.code, folder.code, wrong.code], [2, 1, 1, 2])
      assert.match(none.err, /^headgate config: --check=true is not allowed: only with a file, .*HEADGATE_CONFIG/)
      assert.strictEqual(gone.err, "/nowhere/headgate.json: it cannot be read: there is no such file")
      assert.strictEqual(folder.err, "/: it cannot be read: it is a folder and no file")
    })
  )
})
