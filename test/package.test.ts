import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = join(import.meta.dirname, "..")
const run = promisify(execFile)

/** A project that has the package, compiled but not checked, beside the dependencies that are here already. */
describe("The compiled package", () => {
  let project: string

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "headgate-"))
    const installed = join(project, "node_modules/headgate")
    const { dependencies, peerDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      const link = join(project, "node_modules", name)
      await mkdir(dirname(link), { recursive: true })
      await symlink(join(root, "node_modules", name), link, "junction")
    }
    const compiler = join(root, "node_modules/typescript/bin/tsc")
    const options = ["-p", "tsconfig.build.json", "--noCheck", "--declaration", "false"]
    await run(process.execPath, [compiler, ...options, "--outDir", join(installed, "dist")], { cwd: root })
    await cp(join(root, "package.json"), join(installed, "package.json"))
    await cp(join(root, "test/support/consumer"), project, { recursive: true })
    await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }))
  })

  afterAll(() => rm(project, { recursive: true, force: true }))

  it("serves a program with Effect", async () => {
    const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: project })

    assert.deepStrictEqual(JSON.parse(stdout), { finishReason: "stop", succeeded: 1 })
  })
})
