export type Input = Parameters<typeof fetch>[0]
type Headers = Readonly<Record<string, string>>

/** A request as it is handed to `fetch`. */
export interface FetchRequest {
  readonly url: string
  readonly method: string
  /** Everything that was said in headers; names in lower case. */
  readonly said: Headers
  readonly signal: AbortSignal | undefined
  readonly body: unknown
  /** What else was told, such as a dispatcher. */
  readonly init: RequestInit
}

const requestOf = (input: Input): Request | undefined => (input instanceof Request ? input : undefined)

/** The method, and everything that was said in headers. */
export const headOf = (input: Input, init: RequestInit): { readonly method: string; readonly said: Headers } => {
  const request = requestOf(input)
  const said = Object.fromEntries(new Headers(init.headers ?? request?.headers))
  return { method: (init.method ?? request?.method ?? "GET").toUpperCase(), said }
}

/** What is said for the gate alone. */
export const isForGate = (name: string): boolean => name.startsWith("x-headgate-") || name === "x-stainless-timeout"

/** The headers that the endpoint is to see. */
export const forwarded = (said: Headers): Record<string, string> =>
  Object.fromEntries(Object.entries(said).filter(([name]) => !isForGate(name)))

/** Reads a request as `fetch` does, and throws the error of `fetch` for an invalid one. */
export const of = (input: Input, init: RequestInit): FetchRequest => {
  // It takes over the body of a request, and leaves the signal alone.
  const checked = new Request(input, { ...init, body: null, signal: null })
  const signal = init.signal === undefined ? requestOf(input)?.signal : init.signal
  return {
    url: checked.url,
    method: checked.method,
    said: headOf(input, init).said,
    signal: signal ?? undefined,
    body: init.body ?? checked.body,
    init: { ...init, redirect: checked.redirect }
  }
}
