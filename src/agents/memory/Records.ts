import { Option } from "effect"

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const scalar = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** JSON at the end of a text, and what stands before it. */
export const jsonOf = (text: string): { readonly head: string; readonly value: unknown } | undefined => {
  if (!/[\]}]\s*$/.test(text)) return undefined
  const arrows = [...text.matchAll(/(?:->|=>|→|:)\s*(?=[[{])/g)].map((match) => match.index + match[0].length)
  for (const at of new Set([text.search(/[[{]/), ...arrows.slice(0, 4)])) {
    const value = at < 0 ? undefined : Option.getOrUndefined(parse(text.slice(at)))
    if (typeof value === "object" && value !== null) return { head: text.slice(0, at).trim(), value }
  }
  return undefined
}

/** What a text says in fields: where it comes from, and the fields in order. */
export interface Fields {
  readonly source: string
  readonly names: string
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
}

const pair = /([\p{L}_][\p{L}\p{N}_.-]*)\s?=\s?("[^"]*"|[^\s,;{}()]+)/gu

const arrow = /^(?:.*:\s+)?([^:]+?)\s*(?:->|=>|→)\s*(.+)$/u

/** Reads an object of JSON, pairs such as `a=1 b=2`, or one pair such as `a -> 1`; `undefined` if a text is none of them. */
export const fieldsOf = (text: string): Fields | undefined => {
  const json = jsonOf(text)
  if (json === undefined) {
    const fields = [...text.matchAll(pair)].map(([, name, value]) => [name!, value!] as const)
    if (fields.length < 2) {
      const [, name, value] = arrow.exec(text) ?? []
      return name === undefined
        ? undefined
        : {
            source: "",
            names: "->",
            fields: [
              ["", name],
              ["", value!]
            ]
          }
    }
    const source = text
      .replace(pair, "")
      .replace(/[\p{N}\s,;:{}()-]+/gu, " ")
      .trim()
    return { source, names: fields.map(([name]) => name).join(), fields }
  }
  let source = json.head
  let value = json.value
  // {"order": {...}} is a record of the kind that its wrapper names.
  for (let only = wrapped(value); only !== undefined; only = wrapped(value)) {
    source = `${source} ${only[0]}`.trim()
    value = only[1]
  }
  if (!isObject(value)) return undefined
  const fields = Object.entries(value).map(([name, member]) => [name, scalar(member)] as const)
  return { source, names: fields.map(([name]) => name).join(), fields }
}

const wrapped = (value: unknown): readonly [string, unknown] | undefined => {
  const members = isObject(value) ? Object.entries(value) : []
  return members.length === 1 && isObject(members[0]![1]) ? members[0] : undefined
}

// A tool with its arguments, and an arrow before what it returned.
const call = /^((?:GET|HEAD) \S+|[\p{L}_][\p{L}\p{N}_.:-]*\s*\([^]*?\))\s*(?:->|=>|→)/u
const ownId = /^_?(?:id|uuid)$/i

/**
 * The key that a text has by its form, if that is certain: a tool and its arguments before the result, or the kind and
 * the id of a JSON record with the same fields. Pairs and lines of logs have none: an event may happen twice.
 */
export const keyOf = (text: string): string | undefined => {
  const head = call.exec(text)?.[1]
  if (head !== undefined) return `call ${head}`
  if (!text.trimEnd().endsWith("}")) return undefined
  const record = fieldsOf(text)
  const id = record?.fields.find(([name]) => ownId.test(name))
  if (record === undefined || id === undefined || record.source === "" || pair.test(text)) return undefined
  return `record ${record.source} ${record.names} ${id[1]}`
}

/** Whether a value names something rather than measures it. */
export const isName = (value: string): boolean => /\p{L}/u.test(value) || /^\d+$/.test(value)

/** The value that tells one record from others of its form: an id, else the first that is a name or a whole number. */
export const identityOf = ({ fields }: Fields): string | undefined =>
  (fields.find(([name]) => /(?:^|_|[a-z](?=I))id$/i.test(name)) ?? fields.find(([, value]) => isName(value)))?.[1]
