import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Failure from "./Failure.ts"

const is = <Status extends string>(status: Status) => Schema.Struct({ status: Schema.Literal(status) })

/** What probes ask. */
export class HealthGroup extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/health/live", { success: is("live") }).annotate(
      OpenApi.Summary,
      "Whether the process lives"
    ),
    HttpApiEndpoint.get("ready", "/health/ready", { success: is("ready"), error: Failure.shuttingDown }).annotate(
      OpenApi.Summary,
      "Whether to send calls: not while starting or draining"
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Health", description: "For probes; no key is asked for." })) {}
