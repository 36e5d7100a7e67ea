import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "@effect/vitest"
import { Effect, Redacted } from "effect"

/** Whether a Redis can be started here; suites that need one are left out else. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0

if (!hasRedis) {
  process.stderr.write(
    "Left out: the suites of limits shared on Redis. To run them, install redis-server (Debian: apt-get install redis-server).\n"
  )
}

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, "close")
  return port
}

/** A Redis of the test's own, which may be stopped, paused and started again. */
export class TestRedis {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), "headgate-redis-"))
  #process: ChildProcess | undefined

  constructor(port: number) {
    this.port = port
  }

  get url(): Redacted.Redacted {
    return Redacted.make(`redis://127.0.0.1:${this.port}`)
  }

  async start(persists = false, others: ReadonlyArray<string> = []): Promise<void> {
    const save = persists ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--save", "", "--appendonly", "no"]
    const options = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, ...save, ...others]
    this.#process = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] })
    for await (const chunk of this.#process.stdout!) if (String(chunk).includes("Ready to accept")) break
    this.#process.stdout!.resume()
  }

  async kill(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (running === undefined || running.exitCode !== null) return
    running.kill("SIGKILL")
    await once(running, "exit")
  }

  /** Lets it answer every script with an error, or no longer so. */
  async refuse(isRefusing: boolean): Promise<void> {
    const rights = isRefusing ? ["-evalsha", "-eval"] : ["+@all"]
    const client = spawn("redis-cli", ["-p", String(this.port), "ACL", "SETUSER", "default", ...rights])
    await once(client, "exit")
  }

  /** Lets it forget everything, its scripts too. */
  async flush(): Promise<void> {
    const client = spawn("redis-cli", ["-p", String(this.port)], { stdio: ["pipe", "ignore", "ignore"] })
    client.stdin.end("FLUSHALL\nSCRIPT FLUSH\n")
    await once(client, "exit")
  }

  /** Lets it answer nothing, with all connections open. */
  pause(): void {
    this.#process?.kill("SIGSTOP")
  }

  resume(): void {
    this.#process?.kill("SIGCONT")
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const started = async () => {
  const made = new TestRedis(await freePort())
  await made.start()
  return made
}

/** A Redis until the scope closes. */
export const redis = Effect.acquireRelease(Effect.promise(started), (made) => Effect.promise(() => made.remove()))

/** A Redis that the tests of a file share, from the first that asks for it. Call it once in a file, outside of tests. */
export const sharedRedis = (): Effect.Effect<TestRedis> => {
  let shared: Promise<TestRedis> | undefined
  afterAll(async () => (await shared)?.remove())
  return Effect.promise(() => (shared ??= started()))
}
