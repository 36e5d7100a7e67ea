import { HttpApi, OpenApi } from "effect/http-api"
import { completed } from "./Completed.ts"
import { FiguresGroup } from "./FiguresGroup.ts"
import { HealthGroup } from "./HealthGroup.ts"
import { ModelGroup } from "./ModelGroup.ts"
import { PagesGroup } from "./PagesGroup.ts"

const description = `headgate stands between programs and a language model: it queues, paces, limits, breaks the circuit, measures and advises.

Every answer carries \`x-request-id\`: the caller's own, if it sent one. Every error of the gateway's own is
\`{"error": {"message", "type", "param", "code"}}\`; errors of the model's endpoint pass unchanged. Beside the codes named at each route there are \`not_found\` (404),
\`method_not_allowed\` (405, with \`allow\`) and \`internal_error\` (500).`

/** The HTTP service, described. */
export class Api extends HttpApi.make("headgate")
  .add(ModelGroup, FiguresGroup, HealthGroup, PagesGroup)
  .annotateMerge(
    OpenApi.annotations({ title: "headgate", version: "1", description, servers: [{ url: "." }], transform: completed })
  ) {}
