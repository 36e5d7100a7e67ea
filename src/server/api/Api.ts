import { HttpApi, OpenApi } from "effect/http-api"
import { completed } from "./Completed.ts"
import { FiguresGroup } from "./FiguresGroup.ts"
import { HealthGroup } from "./HealthGroup.ts"
import { MessagesGroup } from "./MessagesGroup.ts"
import { ModelGroup } from "./ModelGroup.ts"
import { PagesGroup } from "./PagesGroup.ts"

const description = `headgate stands between programs and a language model: it queues, paces, limits, breaks the circuit, measures and advises.

Every answer carries \`x-request-id\`: the caller's own, if it sent one. Every error of the gateway's own is
\`{"error": {"message", "type", "param", "code"}}\`; on the routes of Anthropic's
API it has that API's form. Errors of the model's endpoint pass unchanged. Beside the codes named at each route there are \`not_found\` (404),
\`method_not_allowed\` (405, with \`allow\`) and \`internal_error\` (500).`

/** The HTTP service, described. */
export class Api extends HttpApi.make("headgate")
  .add(ModelGroup, MessagesGroup, FiguresGroup, HealthGroup, PagesGroup)
  .annotateMerge(
    OpenApi.annotations({ title: "headgate", version: "1", description, servers: [{ url: "." }], transform: completed })
  ) {}
