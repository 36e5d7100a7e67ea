import { Redacted, Result } from "effect"
import * as Field from "./Field.ts"
import * as Label from "./Label.ts"

/** A key that callers show, and the name of the caller it stands for. */
export interface ApiKey {
  readonly name: string | undefined
  readonly key: Redacted.Redacted
}

const shortest = 8

// What cannot stand in an Authorization header could never be shown by a caller.
const sendable = /^[\x21-\x7e]+$/

/** Splits at the first `=`, so that a key may end in the padding of base64 if it has a name. */
const split = (entry: string): readonly [name: string | undefined, key: string] => {
  const at = entry.indexOf("=")
  return at < 0 ? [undefined, entry] : [entry.slice(0, at).trim(), entry.slice(at + 1).trim()]
}

/** Says what is wrong with an entry, without a part of it. */
const fault = (name: string | undefined, key: string, seen: ReadonlySet<string>): string | undefined => {
  if (name !== undefined && Label.parse(name) === undefined) return "has no fitting name of 1 to 64 characters"
  if (key.length < shortest) return `has a key of fewer than ${shortest} characters`
  if (!sendable.test(key)) return "has a key with spaces or characters beyond ASCII"
  return seen.has(key) ? "repeats a key" : undefined
}

const parse = (text: string): Result.Result<ReadonlyArray<ApiKey>, string> => {
  const keys: Array<ApiKey> = []
  const seen = new Set<string>()
  for (const [index, entry] of text.split(",").entries()) {
    const [name, key] = split(entry.trim())
    const wrong = fault(name, key, seen)
    if (wrong !== undefined) {
      return Result.fail(
        `different keys of ${shortest} characters or more, each as name=key or key, separated by commas (entry ${index + 1} ${wrong})`
      )
    }
    seen.add(key)
    keys.push({ name, key: Redacted.make(key) })
  }
  return Result.succeed(keys)
}

/** A list of keys, each with or without the name of its caller. */
export const list = (env: string) =>
  Field.text<ReadonlyArray<ApiKey>>({
    env,
    default: [],
    example: "ada=a-long-random-key",
    parse,
    quote: () => Field.redacted,
    show: (keys) =>
      keys.map(({ name }) => (name === undefined ? Field.redacted : `${name}=${Field.redacted}`)).join(",")
  })
