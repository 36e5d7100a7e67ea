import type { HttpServerRequest } from "effect/http"
import { pathOf } from "./RequestHead.ts"

/** A path of the service as seen from the page of a request, under whatever prefix a proxy serves it. */
export const of = (request: HttpServerRequest.HttpServerRequest, path: string): string => {
  const depth = pathOf(request).split("/").length - 2
  return depth <= 0 ? path : "../".repeat(depth) + path.replace(/^\.\//, "")
}
