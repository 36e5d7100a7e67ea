import { Predicate } from "effect"

/** What endpoints call their errors, in `code`, `type` or `status`; the first that fits counts. */
const words: ReadonlyArray<readonly [words: RegExp, status: number]> = [
  [/overloaded_error/, 529],
  [/billing|payment/, 402],
  [/rate_?limit|too_?many_?requests|resource_?exhausted|quota|throttl/, 429],
  [/api_?key|authenticat|unauthorized/, 401],
  [/permission|forbidden/, 403],
  [/not_?found/, 404],
  [/too_?large/, 413],
  [/timeout|timed_?out|deadline_?exceeded/, 504],
  [/bad_?request|invalid|context_?length|content_?(?:filter|policy|management)|unprocessable|validation/, 400],
  [/overloaded|unavailable/, 503],
  [/server_?error|internal|api_?error/, 500]
]

const statusIn = (value: unknown): number | undefined => {
  const status = Predicate.isString(value) && /^[45]\d\d$/.test(value) ? Number(value) : value
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) < 600 ? Number(status) : undefined
}

const statusNamed = (value: unknown): number | undefined => {
  if (!Predicate.isString(value)) return undefined
  const name = value.toLowerCase()
  return words.find(([pattern]) => pattern.test(name))?.[1]
}

/**
 * The HTTP status that an error inside an answer stands for: the number in its `code` or `status`, or what its `code`,
 * `type` or `status` says in words.
 */
export const of = (error: unknown): number | undefined => {
  const [code, status, type] = ["code", "status", "type"].map((name) =>
    Predicate.hasProperty(error, name) ? error[name] : undefined
  )
  return statusIn(code) ?? statusIn(status) ?? statusNamed(code) ?? statusNamed(type) ?? statusNamed(status)
}
