import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readdirSync } from "node:fs"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Layer, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Database from "../../src/sql/Database.ts"
import { freePort } from "./redis.ts"

/** Where PostgreSQL's programs may be: on the path, or where Debian keeps them, the newest version first. */
const folders = (): ReadonlyArray<string> => {
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  return [...(process.env["PATH"] ?? "").split(":"), ...versions.map((version) => join(debian, version, "bin"))]
}

const bin = folders().find((folder) => ["initdb", "pg_ctl", "postgres"].every((name) => existsSync(join(folder, name))))

/** Whether a PostgreSQL can be started here; suites that need one are left out else. */
export const hasPostgres = bin !== undefined

if (!hasPostgres) {
  process.stderr.write(
    "Left out: the suites on PostgreSQL. To run them, install it (Debian: apt-get install postgresql).\n"
  )
}

const nobody = 65_534

const idOf = (flag: "-u" | "-g"): number => {
  const known = spawnSync("id", [flag, "postgres"], { encoding: "utf8" })
  return known.status === 0 ? Number(known.stdout) : nobody
}

// PostgreSQL refuses to run as root.
const owner = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined

// The end of the input, with which the test's process ends too, stops the server and removes its files.
// What is committed is in the log before it is told, or a server that a test kills would forget it; the log need not be on the disk.
const untilInputEnds = `"$1/postgres" -D "$2/data" -k "$2" -p "$3" \
  -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=200 -c lc_messages=C &
cat > /dev/null
"$1/pg_ctl" stop -D "$2/data" -m immediate -s
rm -rf "$2"`

/** A PostgreSQL of the test's own, which may be killed and started again. */
export class TestPostgres {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), "headgate-postgres-"))
  readonly #running: Array<ChildProcess> = []

  constructor(port: number) {
    this.port = port
    if (owner !== undefined) chownSync(this.#folder, owner.uid, owner.gid)
    this.#run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1")
  }

  urlOf(database: string): Redacted.Redacted {
    return Redacted.make(`postgres://postgres@127.0.0.1:${this.port}/${database}`)
  }

  get url(): Redacted.Redacted {
    return this.urlOf("postgres")
  }

  #run(program: string, ...options: ReadonlyArray<string>): void {
    const data = ["-D", join(this.#folder, "data")]
    execFileSync(join(bin!, program), [...data, ...options], { cwd: this.#folder, stdio: "ignore", ...owner })
  }

  async start(): Promise<void> {
    const words = [untilInputEnds, "sh", bin!, this.#folder, String(this.port)]
    const started = spawn("sh", ["-c", ...words], { cwd: "/", stdio: ["pipe", "ignore", "pipe"], ...owner })
    this.#running.push(started)
    await new Promise<void>((resolve) => {
      started.stderr!.on("data", (chunk) => String(chunk).includes("ready to accept connections") && resolve())
    })
    started.unref()
    // Pipes to a process are sockets.
    for (const pipe of [started.stdin, started.stderr]) if (pipe instanceof Socket) pipe.unref()
  }

  /** Ends it at once, with all its connections, as a crash would. */
  kill(): void {
    this.#run("pg_ctl", "stop", "-m", "immediate", "-s")
  }

  async remove(): Promise<void> {
    for (const shell of this.#running) {
      shell.stdin!.end()
      if (shell.exitCode === null) await once(shell, "exit")
    }
  }
}

const started = async () => {
  const made = new TestPostgres(await freePort())
  await made.start()
  return made
}

/** A PostgreSQL until the scope closes. */
export const postgres = Effect.acquireRelease(Effect.promise(started), (made) => Effect.promise(() => made.remove()))

/** A server, and a client that stays connected to it. */
const serving = async () => {
  const server = await started()
  const client = Layer.buildWithScope(Database.layer(server.url), Scope.makeUnsafe())
  return { server, sql: Context.get(await Effect.runPromise(client), SqlClient) }
}

let shared: ReturnType<typeof serving> | undefined
let databases = 0

/** The URL of an empty database, on a server that all tests of this process share. */
export const postgresUrl: Effect.Effect<Redacted.Redacted> = Effect.gen(function* () {
  const { server, sql } = yield* Effect.promise(() => (shared ??= serving()))
  const name = `test_${++databases}`
  yield* Effect.orDie(sql`CREATE DATABASE ${sql(name)} STRATEGY file_copy`)
  return server.urlOf(name)
})
