import { execFile, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { once } from "node:events"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const root = join(import.meta.dirname, "..")

const effectful = `
import { Effect } from "effect"
import { Ask, Gate, Headgate, Stats } from "headgate"
const program = Effect.gen(function*() {
  const answer = yield* Gate.pass(Ask.make({ caller: "ada" }), Effect.succeed("answer"))
  const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
  return { answer, succeeded: requests.succeeded }
})
console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, Headgate.make()))))
`

describe("The package", () => {
  let project: string

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "headgate-"))
    const packed = await run("npm", ["pack", "--json", "--pack-destination", project], { cwd: root })
    const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[\n")))
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "plain", type: "module", private: true }))
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], {
      cwd: project
    })
  }, 120_000)

  afterAll(() => rm(project, { recursive: true, force: true }))

  it("serves an Effect program in a plain project", async () => {
    await writeFile(join(project, "program.mjs"), effectful)

    const { stdout } = await run("node", ["program.mjs"], { cwd: project })

    assert.deepStrictEqual(JSON.parse(stdout), { answer: "answer", succeeded: 1 })
  })

  it("brings the command, page included", async () => {
    const service = spawn("node", ["node_modules/.bin/headgate"], { cwd: project, env: { ...process.env, PORT: "0" } })
    try {
      let said = ""
      for await (const part of service.stdout) {
        said += String(part)
        if (/http:\/\/[\d.:]+/.test(said)) break
      }
      const url = /http:\/\/[\d.:]+/.exec(said)![0]
      assert.include(await (await fetch(url)).text(), "headgate")
      assert.strictEqual((await fetch(`${url}/health/ready`)).status, 200)
    } finally {
      service.kill("SIGTERM")
      await once(service, "exit")
    }
  })
})
