import { execFile } from "node:child_process"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it, onTestFinished } from "vitest"
import { written } from "./support/snippets.ts"

describe("The code in documents and comments", () => {
  it("has the right types", async () => {
    const folder = await written()
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const project = { extends: "../tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(project))

    const tsc = join(import.meta.dirname, "../node_modules/typescript/bin/tsc")
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch((error) => error)

    assert.strictEqual(stdout, "")
  })
})
