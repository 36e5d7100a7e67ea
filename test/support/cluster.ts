import { Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import * as UpstreamSimulated from "../../src/simulator/UpstreamSimulated.ts"
import * as Database from "../../src/sql/Database.ts"
import { onLoopback } from "./gateway.ts"
import { type Service, start } from "./service.ts"

const model = (millis: number) =>
  UpstreamSimulated.layer.pipe(
    Layer.provide(SimulatedModel.layer({ fixedLatency: millis, slots: Infinity, slipRate: 0 })),
    Layer.orDie
  )

/** The variables of runners that meet in a database and ask a model that answers each call in some milliseconds. */
export const variables = Effect.fnUntraced(function* (
  database: Redacted.Redacted,
  { agents, lease, millis }: { readonly agents: number; readonly lease: number; readonly millis: number }
) {
  const { url } = yield* onLoopback({ upstream: model(millis), limits: { maxConcurrentRequests: 1000 } })
  return {
    DATABASE_URL: Redacted.value(database),
    OPENAI_BASE_URL: `${url}/v1`,
    POPULATION_SIZE: String(agents),
    JOBS_PER_MIN: "1000000",
    LLM_REQUESTS_PER_SECOND: "unlimited",
    LLM_MAX_CONCURRENT_REQUESTS: "100",
    HEADGATE_STORE_LEASE_MS: String(lease)
  }
})

/** What a run prints as JSON. */
export interface Printed {
  readonly interrupted: boolean
  readonly snapshot: {
    readonly jobs: Record<"created" | "completed" | "failed" | "pending", number> & {
      readonly calls: Record<"act" | "plan" | "reflect", number>
    }
  }
  readonly run: {
    readonly name: string
    readonly agents: number
    readonly resumed: boolean
    readonly runners: Readonly<Record<string, number>>
  }
}

/** A runner that works until it is stopped. */
export const worker = (env: Record<string, string>) => start(env, "run", "--cluster")

/** A runner that hands out jobs too. */
export const hander = (env: Record<string, string>, jobs: number) =>
  start(env, "run", "--cluster", "--json", "--jobs", String(jobs))

/** Waits until a runner has joined. */
export const joined = (service: Service) => service.notes(/^Runner (\S+) works/m)

export const report = (service: Service): Effect.Effect<Printed> =>
  Effect.map(service.ends, ({ err, out }) => {
    if (!out.startsWith("{")) throw new Error(`no report: ${out}${err}`)
    return JSON.parse(out)
  })

/** The messages of a database, and the replies that each of them has. */
export const messages = (database: Redacted.Redacted) =>
  Effect.flatMap(
    SqlClient,
    (sql) => sql<{ id: string; replies: number }>`
      SELECT m.message_id AS id, CAST(COUNT(r.id) AS INTEGER) AS replies
      FROM headgate_messages m LEFT JOIN headgate_replies r ON r.request_id = m.request_id
      GROUP BY m.message_id`
  ).pipe(Effect.provide(Database.layer(database)), Effect.orDie)

const endedJobs = Effect.flatMap(
  SqlClient,
  (sql) => sql<{ ended: number }>`SELECT CAST(COUNT(*) AS INTEGER) AS ended FROM headgate_replies`
).pipe(
  Effect.map(([row]) => row?.ended ?? 0),
  // No runner has made the tables yet.
  Effect.orElseSucceed(() => 0)
)

/** Waits until so many jobs have ended. */
export const untilEnded = (database: Redacted.Redacted, jobs: number) =>
  endedJobs.pipe(
    Effect.repeat({ until: (ended) => ended >= jobs, schedule: Schedule.spaced("50 millis") }),
    Effect.provide(Database.layer(database)),
    Effect.orDie
  )

/** What agents have learnt, as far as the store has it. */
export const lessons = (database: Redacted.Redacted) =>
  Effect.flatMap(SqlClient, (sql) => sql`SELECT id FROM headgate_store WHERE id LIKE 'headgate/memory/%'`).pipe(
    Effect.provide(Database.layer(database)),
    Effect.orDie
  )
