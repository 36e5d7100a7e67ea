import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Failure from "./Failure.ts"
import { KeyOrSession, page } from "./Keys.ts"

const Elsewhere = HttpApiSchema.Empty(303).annotate({ description: "To the page." })
const Refused = page("None of the gateway's keys was sent: the page that asks for one.").annotate({
  httpApiStatus: 401
})
const Form = Schema.Struct({ key: Schema.String }).pipe(HttpApiSchema.asFormUrlEncoded())

/** What browsers show. */
export class PagesGroup extends HttpApiGroup.make("pages")
  .add(
    HttpApiEndpoint.get("dashboard", "/", { success: page("The figures, live.") })
      .middleware(KeyOrSession)
      .annotate(OpenApi.Summary, "The page with the figures"),
    HttpApiEndpoint.get("docs", "/docs", { success: page("This description, to browse.") })
      .middleware(KeyOrSession)
      .annotate(OpenApi.Summary, "This description, to browse"),
    HttpApiEndpoint.get("description", "/openapi.json", { success: Schema.Record(Schema.String, Schema.Unknown) })
      .middleware(KeyOrSession)
      .annotate(OpenApi.Summary, "This description"),
    HttpApiEndpoint.get("form", "/login", { success: Elsewhere, error: Failure.forbidden }).annotate(
      OpenApi.Summary,
      "To the page, which asks for a key if it must"
    ),
    HttpApiEndpoint.post("signIn", "/login", {
      payload: Form,
      success: Elsewhere,
      error: [Refused, Failure.badRequest, Failure.forbidden, Failure.bodyTimeout]
    }).annotate(OpenApi.Summary, "Takes a key and gives a cookie"),
    HttpApiEndpoint.post("signOut", "/logout", { success: Elsewhere, error: Failure.forbidden }).annotate(
      OpenApi.Summary,
      "Takes the cookie back"
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Pages", description: "What browsers show." })) {}
