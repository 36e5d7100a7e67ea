import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "..")
const run = promisify(execFile)

// They fetch packages that are not of the project, so only the long run has them.
const isLong = process.env.HEADGATE_LONG === "1"

const says: Readonly<Record<string, RegExp>> = {
  engines: /^42 answers are those of the engine itself[^]*\n18 callers left, \d+ of them [^]*: it stopped\.\n$/,
  clients: /responses: 20 runs[^]*chats: 20 runs[^]*langgraph: 20 runs[^]*\nThe gateway counts 120 answers/
}

describe.skipIf(!isLong)("An engine and agents of others", () => {
  for (const [name, pattern] of Object.entries(says)) {
    it(`examples/${name} does what it says`, async () => {
      const folder = mkdtempSync(join(tmpdir(), `headgate-${name}-`))
      try {
        cpSync(join(root, "examples", name), folder, { recursive: true })
        const env = {
          ...process.env,
          HEADGATE_ROOT: root,
          PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`
        }
        await run("npm", ["install", "--no-audit"], { cwd: folder, env })
        const { stdout } = await run(process.execPath, ["run.mjs"], { cwd: folder, env })

        assert.match(stdout, pattern)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
