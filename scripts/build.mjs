// Compiles the sources into what the package ships, and puts the pages beside the code that serves it.
import { spawnSync } from "node:child_process"
import { cpSync, rmSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit"
  }
)
if (status !== 0) process.exit(1)
cpSync(`${root}src/server/page`, `${root}dist/server/page`, {
  recursive: true,
  filter: (path) => !path.endsWith(".ts")
})
