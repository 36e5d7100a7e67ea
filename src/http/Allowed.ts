const reading = "GET, HEAD"

const methods: ReadonlyMap<string, string> = new Map([
  ["/", reading],
  ["/advice", reading],
  ["/health/live", reading],
  ["/health/ready", reading],
  ["/metrics", reading],
  ["/stats", reading],
  ["/stats/history", reading],
  ["/stats/stream", reading],
  ["/v1/chat/completions", "POST"],
  ["/v1/completions", "POST"],
  ["/v1/embeddings", "POST"],
  ["/v1/models", reading],
  ["/v1/responses", "POST"]
])

/** The methods that a path takes; `undefined` if there is no such path. */
export const methodsOf = (path: string): string | undefined => {
  const plain = path.toLowerCase().replace(/\/+/g, "/")
  if (plain.startsWith("/v1/models/")) return reading
  return methods.get(plain.length > 1 ? plain.replace(/\/$/, "") : plain)
}
