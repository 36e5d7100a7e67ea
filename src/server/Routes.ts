const readOnly = "GET, HEAD"

/** The fixed paths, and the methods that each takes. */
export const methods: ReadonlyMap<string, string> = new Map([
  ["/", readOnly],
  ["/advice", readOnly],
  ["/docs", readOnly],
  ["/health/live", readOnly],
  ["/health/ready", readOnly],
  ["/login", "GET, HEAD, POST"],
  ["/logout", "POST"],
  ["/metrics", readOnly],
  ["/openapi.json", readOnly],
  ["/stats", readOnly],
  ["/stats/history", readOnly],
  ["/stats/recent", readOnly],
  ["/stats/stream", readOnly],
  ["/v1/chat/completions", "POST"],
  ["/v1/completions", "POST"],
  ["/v1/embeddings", "POST"],
  ["/v1/messages", "POST"],
  ["/v1/messages/count_tokens", "POST"],
  ["/v1/models", readOnly],
  ["/v1/responses", "POST"]
])

/** The methods that a path takes; `undefined` if there is no such path. */
export const methodsOf = (path: string): string | undefined => {
  const plain = path.toLowerCase().replace(/\/+/g, "/")
  if (plain.startsWith("/v1/models/") || plain.startsWith("/assets/")) return readOnly
  return methods.get(plain.length > 1 ? plain.replace(/\/$/, "") : plain)
}
