import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { completed } from "./Completed.ts"
import * as Failure from "./Failure.ts"
import { FiguresGroup } from "./FiguresGroup.ts"
import { MessagesGroup } from "./MessagesGroup.ts"
import { ModelGroup } from "./ModelGroup.ts"
import { PagesGroup } from "./PagesGroup.ts"

const description = `headgate stands between programs and a language model: it queues, paces, limits, breaks the circuit, measures and advises.

Every answer carries \`x-request-id\`: the caller's own, if it sent one. Every error of the gateway's own is
\`{"error": {"message", "type", "param", "code"}}\`; on the routes of Anthropic's
API it has that API's form. Errors of the model's endpoint pass unchanged. Beside the codes named at each route there are \`not_found\` (404),
\`method_not_allowed\` (405, with \`allow\`) and \`internal_error\` (500).`

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

/** The HTTP service, described. */
export class Api extends HttpApi.make("headgate")
  .add(ModelGroup, MessagesGroup, FiguresGroup, HealthGroup, PagesGroup)
  .annotateMerge(
    OpenApi.annotations({ title: "headgate", version: "1", description, servers: [{ url: "." }], transform: completed })
  ) {}
