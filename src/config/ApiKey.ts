import { Redacted } from "effect"
import * as Field from "./Field.ts"
import type { Problem } from "./InvalidOptions.ts"

/** A key that callers show, and the name of the caller it stands for. */
export interface ApiKey {
  readonly name: string | undefined
  readonly key: Redacted.Redacted
}

const shortest = 8
const allowed = `different keys of ${shortest} characters or more, each as name=key or key, separated by commas`
const example = "ada=a-long-random-key"
const value = Field.redacted

/** Says what is wrong with an entry, without a part of it. */
const fault = (name: string | undefined, key: string): string | undefined => {
  if (name !== undefined && Field.parseLabel(name) === undefined) return "has no fitting name of 1 to 64 characters"
  if (key.length < shortest) return `has a key of fewer than ${shortest} characters`
  // An Authorization header holds nothing else.
  return /^[\x21-\x7e]+$/.test(key) ? undefined : "has a key with spaces or characters beyond ASCII"
}

const read = (text: string, problems: Array<Problem>, variable: string): ReadonlyArray<ApiKey> | undefined => {
  const names = new Map<string, string | undefined>()
  for (const [index, entry] of text.split(",").entries()) {
    // Only the first `=` splits: the padding of base64 may end a key that has a name.
    const [, name, key = ""] = /^(?:([^=]*)=)?(.*)$/s.exec(entry)!.map((part) => part?.trim())
    const wrong = names.has(key) ? "repeats a key" : fault(name, key)
    if (wrong !== undefined) {
      problems.push({ name: variable, value, allowed: `${allowed} (entry ${index + 1} ${wrong})`, example })
      return undefined
    }
    names.set(key, name)
  }
  return Array.from(names, ([key, name]) => ({ name, key: Redacted.make(key) }))
}

const show = (keys: ReadonlyArray<ApiKey>): string =>
  keys.map(({ name }) => (name === undefined ? value : `${name}=${value}`)).join(",")

/** A list of keys, each with or without the name of its caller. */
export const list = (env: string) =>
  Field.text<ReadonlyArray<ApiKey>>({ env, default: [], example, allowed, read, show })
