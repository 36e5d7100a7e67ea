import { Schema } from "effect"
import { HttpApiMiddleware, HttpApiSchema, HttpApiSecurity, OpenApi } from "effect/http-api"
import { cookieName } from "../Sessions.ts"
import { forbidden, unauthorized } from "./Failure.ts"

/** A page for browsers. */
export const page = (description: string) =>
  Schema.String.annotate({ description }).pipe(HttpApiSchema.asText({ contentType: "text/html" }))

const asking = page("The page that asks for a key, to a browser.").annotate({ httpApiStatus: 401 })

/** A key as a bearer. */
export const key = HttpApiSecurity.bearer.pipe(
  HttpApiSecurity.annotate(OpenApi.Description, "One of HEADGATE_API_KEYS. A gateway without keys lets everyone in.")
)

const session = HttpApiSecurity.apiKey({ key: cookieName, in: "cookie" }).pipe(
  HttpApiSecurity.annotate(
    OpenApi.Description,
    "What a browser gets for a key on the page's form. It opens what people look at, and no call of the model."
  )
)

/** Asks for a key, if the gateway has any. */
export class Key extends HttpApiMiddleware.Service<Key>()("headgate/Key", {
  error: [unauthorized, forbidden],
  security: { key }
}) {}

/** Asks for a key, or for the cookie of a browser that has shown one. */
export class KeyOrSession extends HttpApiMiddleware.Service<KeyOrSession>()("headgate/KeyOrSession", {
  error: [unauthorized, asking, forbidden],
  security: { key, session }
}) {}
