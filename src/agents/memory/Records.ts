import { Option, Predicate } from "effect"

export const scalar = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

// Deeper JSON is read as text: reading it as a record could exhaust the stack.
const deepest = 100

/** Whether JSON keeps what it says when it is read: numbers may have more digits than JavaScript's, or other forms. */
const isFaithful = (json: string): boolean => {
  const bare = json.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  let depth = 0
  for (const [sign] of bare.matchAll(/[[\]{}]/g)) {
    depth += sign === "[" || sign === "{" ? 1 : -1
    if (depth > deepest) return false
  }
  return (bare.match(/-?\d[\d.eE+-]*/g) ?? []).every((number) => String(Number(number)) === number)
}

/** JSON at the end of a text, and what stands before it. */
export const jsonOf = (text: string): { readonly head: string; readonly value: object } | undefined => {
  if (!/[\]}]\s*$/.test(text)) return undefined
  const arrows = [...text.matchAll(/(?:->|=>|→|:)\s*(?=[[{])/g)].map((match) => match.index + match[0].length)
  for (const at of new Set([text.search(/[[{]/), ...arrows.slice(0, 4)])) {
    const value = at >= 0 && isFaithful(text.slice(at)) ? Option.getOrNull(parse(text.slice(at))) : null
    if (Predicate.isObjectOrArray(value)) return { head: text.slice(0, at).trim(), value }
  }
  return undefined
}

/** A text read as fields: what stood around them, what all texts of its form have in common, and the fields in order. */
export interface Fields {
  readonly source: string
  readonly form: string
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
}

const make = (source: string, fields: Fields["fields"]): Fields => {
  const form = `${source} ${fields.map(([name]) => name).join()}`
  return { source, form, fields }
}

const ofJson = (head: string, value: unknown): Fields | undefined => {
  if (!Predicate.isObject(value)) return undefined
  const [[name, inner] = [], ...others] = Object.entries(value)
  // {"order": {...}} is a record of the kind that its wrapper names.
  if (others.length === 0 && Predicate.isObject(inner)) return ofJson(`${head} ${name}`.trim(), inner)
  const fields = Object.entries(value).map(([name, member]) => [name, scalar(member)] as const)
  return make(head, fields)
}

const pair = /([\p{L}_][\p{L}\p{N}_.-]*)\s?=\s?("[^"]*"|[^\s,;{}()]+)/gu
const arrow = /^(?:.*:\s+)?([^:]+?)\s*(?:->|=>|→)\s*(.+)$/u

/** Reads an object of JSON, pairs such as `a=1 b=2`, or one pair such as `a -> 1`; `undefined` for any other text. */
export const fieldsOf = (text: string): Fields | undefined => {
  const json = jsonOf(text)
  if (json !== undefined) return ofJson(json.head, json.value)
  if (!/[=>→]/.test(text)) return undefined
  const pairs = [...text.matchAll(pair)].map(([, name, value]) => [name!, value!] as const)
  if (pairs.length > 1) return make(text.replace(pair, "").replace(/[^\p{L}]+/gu, " "), pairs)
  const sides = Array.from(arrow.exec(text)?.slice(1) ?? [], (side) => ["", side] as const)
  return sides.length === 0 ? undefined : make("->", sides)
}

// A tool with its arguments, and an arrow before what it returned.
const call = /^((?:GET|HEAD) \S+|[\p{L}_][\p{L}\p{N}_.:-]*\([^]*?\))\s*(?:->|=>|→)/u

/**
 * The key that a text has by its form: a tool and its arguments before the result, or the kind and the id of a JSON
 * record with the same fields. Pairs and lines of logs have no key, since an event may happen twice.
 */
export const keyOf = (text: string): string | undefined => {
  const json = jsonOf(text)
  const { fields, form, source } = (json && ofJson(json.head, json.value)) ?? make("", [])
  const id = fields.find(([name]) => /^_?(?:id|uuid)$/i.test(name))
  return call.exec(text)?.[1] ?? (id === undefined || source === "" ? undefined : `${form} ${id[1]}`)
}

/** The value that tells one record from others of its form: an id, else the first name or whole number. */
export const identityOf = ({ fields }: Fields): string | undefined => {
  const id = fields.find(([name]) => /^(?:.*_)?id$/i.test(name) || /[a-z]I[dD]$/.test(name))
  return (id ?? fields.find(([, value]) => /\p{L}|^\d+$/u.test(value)))?.[1]
}
