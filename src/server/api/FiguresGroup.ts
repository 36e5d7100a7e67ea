import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Advice } from "../../advice/Advice.ts"
import { ClusterSnapshot } from "../../stats/ClusterSnapshot.ts"
import { History } from "../../stats/History.ts"
import { RecentCalls } from "../../stats/RecentCalls.ts"
import { Snapshot } from "../../stats/Snapshot.ts"
import * as Failure from "./Failure.ts"
import { KeyOrSession } from "./Keys.ts"

const Text = (contentType: string, description: string) =>
  Schema.String.annotate({ description }).pipe(HttpApiSchema.asText({ contentType }))

const Frames = Text("text/event-stream", "Each event's `data` is a `Snapshot`. Comments keep the connection open.")
const Exposition = Text("text/plain", "Prometheus' text format, version 0.0.4.")
const Words = Text("text/plain", "The same for people.")

const since = Schema.String.annotate({ description: "Only points after this moment, in milliseconds since 1970." })
const scope = Schema.Literals(["replica", "cluster"]).annotate({
  description: "`cluster` answers the figures of all replicas, and each replica; default: `replica`."
})
const format = Schema.Literals(["json", "text"]).annotate({ description: "Instead of an `Accept` header." })

/** What the gateway tells of itself. */
export class FiguresGroup extends HttpApiGroup.make("figures")
  .add(
    HttpApiEndpoint.get("snapshot", "/stats", {
      success: [Snapshot, ClusterSnapshot],
      query: { scope: Schema.optionalKey(scope) },
      error: Failure.badRequest
    }).annotate(OpenApi.Summary, "The figures of now, of this replica or of all that share its limits"),
    HttpApiEndpoint.get("changes", "/stats/stream", { success: Frames }).annotate(
      OpenApi.Summary,
      "The figures at once and whenever they change, at most ten times a second"
    ),
    HttpApiEndpoint.get("history", "/stats/history", {
      success: History,
      query: { since: Schema.optionalKey(since) },
      error: Failure.badRequest
    }).annotate(OpenApi.Summary, "The last hour, for charts"),
    HttpApiEndpoint.get("recent", "/stats/recent", { success: RecentCalls }).annotate(
      OpenApi.Summary,
      "The last 100 calls: what each waited for, or why it was refused"
    ),
    HttpApiEndpoint.get("advice", "/advice", {
      success: [Advice, Words],
      query: { format: Schema.optionalKey(format) }
    }).annotate(OpenApi.Summary, "The targets of health, each met or missed, and what to change"),
    HttpApiEndpoint.get("metrics", "/metrics", { success: Exposition }).annotate(
      OpenApi.Summary,
      "The figures for Prometheus"
    )
  )
  .middleware(KeyOrSession)
  .annotateMerge(OpenApi.annotations({ title: "Figures", description: "What the gateway tells of itself." })) {}
