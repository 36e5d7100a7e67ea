import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = process.env.HEADGATE_ROOT ?? fileURLToPath(new URL("../..", import.meta.url))
const main = ["src/main.ts", "dist/main.js"].map((file) => join(root, file)).find((file) => existsSync(file))

/** Starts the gateway in front of an endpoint, with limits from the environment, and waits until it listens. */
export const gateway = async (endpoint, limits) => {
  const child = spawn(process.execPath, [main, "serve"], {
    env: { PORT: "0", POPULATION_SIZE: "0", OPENAI_BASE_URL: endpoint, ...limits },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let told = ""
  const url = await new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error(`The gateway did not start: ${told}`)))
    child.stdout.on("data", (part) => {
      told += part
      const [url] = /http:\/\/[\d.]+:\d+/.exec(told) ?? []
      if (url !== undefined) resolve(url)
    })
  })
  return { url: `${url}/v1`, stats: `${url}/stats`, stop: () => child.kill() }
}
