import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"

/** A page for browsers. */
export const page = (description: string) =>
  Schema.String.annotate({ description }).pipe(HttpApiSchema.asText({ contentType: "text/html" }))
