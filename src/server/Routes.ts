const reading = "GET, HEAD"

/** Every path that is not one of many, and the methods it takes. */
export const methods: ReadonlyMap<string, string> = new Map([
  ["/", reading],
  ["/advice", reading],
  ["/docs", reading],
  ["/health/live", reading],
  ["/health/ready", reading],
  ["/login", "GET, HEAD, POST"],
  ["/logout", "POST"],
  ["/metrics", reading],
  ["/openapi.json", reading],
  ["/stats", reading],
  ["/stats/history", reading],
  ["/stats/recent", reading],
  ["/stats/stream", reading],
  ["/v1/chat/completions", "POST"],
  ["/v1/completions", "POST"],
  ["/v1/embeddings", "POST"],
  ["/v1/messages", "POST"],
  ["/v1/messages/count_tokens", "POST"],
  ["/v1/models", reading],
  ["/v1/responses", "POST"]
])

/** The methods that a path takes; `undefined` if there is no such path. */
export const methodsOf = (path: string): string | undefined => {
  const plain = path.toLowerCase().replace(/\/+/g, "/")
  if (plain.startsWith("/v1/models/") || plain.startsWith("/assets/")) return reading
  return methods.get(plain.length > 1 ? plain.replace(/\/$/, "") : plain)
}
