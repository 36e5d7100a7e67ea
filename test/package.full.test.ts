import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const root = join(import.meta.dirname, "..")
const tool = (path: string) => join(root, "node_modules", path)

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: "NodeNext",
  target: "ES2022",
  types: [],
  noEmit: true,
  // The shipped types themselves are in question.
  skipLibCheck: false
}

/** What a link to a part of a document may name. */
const headings = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

describe("The package", () => {
  let project: string
  let tarball: string
  const installed = () => join(project, "node_modules/headgate")
  const node = (...args: ReadonlyArray<string>) => run(process.execPath, args, { cwd: project })

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "headgate-"))
    const packed = await run("npm", ["pack", "--json", "--pack-destination", project], { cwd: root })
    tarball = join(project, JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[\n")))[0].filename)
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "plain", type: "module", private: true }))
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }))
    await cp(join(root, "test/support/consumer"), project, { recursive: true })
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], { cwd: project })
  })

  afterAll(() => rm(project, { recursive: true, force: true }))

  it("is found in order by the judges of packages", async () => {
    await node(tool("publint/src/cli.js"), "run", tarball, "--strict")
    await node(tool("@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only")
  })

  it("uses the effect of its program, whose values it must know", async () => {
    const { dependencies, peerDependencies } = JSON.parse(await readFile(join(installed(), "package.json"), "utf8"))
    const { stdout } = await run("npm", ["ls", "effect", "--all", "--parseable"], { cwd: project })

    assert.deepStrictEqual([dependencies.effect, peerDependencies.effect], [undefined, "^4.1.0"])
    assert.deepStrictEqual(stdout.trim().split("\n"), [join(await realpath(project), "node_modules/effect")])
  })

  it("has documents whose links lead somewhere", async () => {
    const folder = installed()
    const pages = (await readdir(join(folder, "docs"), { recursive: true })).filter((name) => name.endsWith(".md"))
    const documents = ["README.md", ...pages.map((name) => `docs/${name}`)]
    assert.include(documents, "docs/service.md")
    for (const document of documents) {
      const text = await readFile(join(folder, document), "utf8")
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [path = "", heading] = link!.split("#")
        const target = join(folder, path === "" ? document : join(dirname(document), path))
        assert.isTrue(existsSync(target), `${document} links to ${link}`)
        if (heading !== undefined) assert.include(headings(await readFile(target, "utf8")), heading, document)
      }
    }
  })

  it("has entries that all load", async () => {
    const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"))
    const names = entries.map((entry) => JSON.stringify(entry.replace(/^\./, "headgate")))

    await node("--input-type=module", "--eval", names.map((name) => `import ${name}`).join("\n"))
    assert.deepStrictEqual(entries, [".", "./openai", "./agents", "./cluster", "./simulator", "./testing"])
  })

  it("serves an Effect program in a plain project", async () => {
    const { stdout } = await node("program.mjs")

    assert.deepStrictEqual(JSON.parse(stdout), { finishReason: "stop", succeeded: 1 })
  })

  it("serves a program without Effect", async () => {
    const { stdout } = await node("plain.mjs")

    const expected = { answer: "answer", succeeded: 1, code: "queue_full", running: "shutting_down" }
    assert.deepStrictEqual(JSON.parse(stdout), expected)
  })

  it("brings types that a strict program is checked against", async () => {
    const checked = await node(tool("typescript/bin/tsc"), "-p", ".").catch(({ stdout }) => stdout)

    assert.strictEqual(checked.stdout ?? checked, "")
  })

  it("brings the command, pages included", async () => {
    const service = spawn("node", ["node_modules/.bin/headgate"], { cwd: project, env: { ...process.env, PORT: "0" } })
    try {
      let said = ""
      for await (const part of service.stdout) {
        said += String(part)
        if (/http:\/\/[\d.:]+/.test(said)) break
      }
      const url = /http:\/\/[\d.:]+/.exec(said)![0]
      const page = await (await fetch(url)).text()
      const loaded = [...page.matchAll(/(?:src|href)="([^":#]+)"/g)].map(
        ([, path]) => new URL(path!, `${url}/`).pathname
      )
      assert.includeMembers(loaded, ["/assets/dashboard.js", "/assets/uPlot.iife.min.js", "/docs"])
      for (const path of loaded) assert.strictEqual((await fetch(url + path)).status, 200, path)
      assert.strictEqual((await fetch(`${url}/health/ready`)).status, 200)
    } finally {
      service.kill("SIGTERM")
      await once(service, "exit")
    }
  })
})
