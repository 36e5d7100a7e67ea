import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, type Scope } from "effect"
import { hasPostgres, postgresUrl } from "./postgres.ts"
import { hasRedis, sharedRedis } from "./redis.ts"
import type { Place } from "./storeAt.ts"

/** A folder of the test's own. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "headgate-jobs-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

let places = 0

const at = (url: Redacted.Redacted): Place => ({ url, prefix: `test-${++places}` })

/** The kinds of stores, each with a way to an empty one. Call it once in a file, outside of tests. */
export const jobStores = (): ReadonlyArray<{
  readonly name: string
  readonly empty: Effect.Effect<Place, never, Scope.Scope>
}> => {
  const onRedis = Effect.map(sharedRedis(), ({ url }) => at(url))
  return [
    { name: "SQLite", empty: Effect.map(folder, (path) => at(Redacted.make(`sqlite:${join(path, "jobs.db")}`))) },
    ...(hasRedis ? [{ name: "Redis", empty: onRedis }] : []),
    ...(hasPostgres ? [{ name: "PostgreSQL", empty: Effect.map(postgresUrl, at) }] : [])
  ]
}
