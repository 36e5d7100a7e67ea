// Installs what package-lock.json asks for, once; every later run only compares two hashes.
// Runs on the Node that the user has (20 or newer), before the pinned one is there.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const stamp = `${root}node_modules/.headgate-installed`
const wanted = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex")

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.log("headgate: installing dependencies with npm (once; about half a minute, longer on a slow line) ...")
  // The user's NODE_ENV and omit settings must not leave the pinned Node and the test tools out.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]
  const npm = process.env.npm_execpath
  const { error, status } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: "inherit" })
    : spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" })
  if (status !== 0) {
    console.error(
      `headgate: npm could not install the dependencies${error ? ` (${error.message})` : ""}. ` +
        "Check the network and the npm registry, then run the command again; nothing was started."
    )
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  console.log("headgate: dependencies installed.")
}
