import { candidates } from "./Json.ts"
import { gap, type Node, type Schema } from "./Schema.ts"
import { isNothing, plain } from "./Scalar.ts"
import { lines, unquoted } from "./Text.ts"

export type Draft = Readonly<Record<string, unknown>>

const isA = (schema: Schema, node: Node, type: string): boolean => {
  const types = schema.forms(node).flatMap((form) => form.types)
  return types.includes(type) && types.every((one) => one === type || one === "null")
}

/** The properties of all forms of a schema. */
export const propertiesOf = (schema: Schema, node: Node): ReadonlyMap<string, Node> =>
  new Map(schema.forms(node).flatMap(({ properties }) => [...properties]))

const escaped = (name: string) =>
  name
    .replaceAll(/[^\w\s-]/g, String.raw`\$&`)
    .replaceAll(/[\s_-]+/g, "[\\s_-]?")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "[\\s_-]?")

const remark = /\s+[-–—]+\s+|[,;.]\s+|\s+\(|\s+because\b|\s+since\b/i
const doubt = /\b(?:or|maybe|perhaps|possibly|actually|wait|no)\b/i

/** What a text says first, if what it goes on to say leaves no doubt of it. */
export const head = (text: string, fits: (value: string) => boolean): string => {
  const [first = "", ...rest] = text.split(remark)
  return fits(text) || rest.length === 0 || !fits(unquoted(first)) || doubt.test(rest.join(" "))
    ? text
    : unquoted(first)
}

const list = (text: string): unknown => {
  if (text.startsWith("[")) return candidates(text)?.[0]?.value ?? gap
  const [first = "", ...below] = text.split("\n")
  if (first.trim() !== "")
    return first
      .trim()
      .split(/\s*(?:->|→)\s*|\s*;\s*(?:and\s+)?|\s*,\s*(?:and\s+)?/)
      .map(unquoted)
      .filter((item) => item !== "")
  const all = lines(below.join("\n"))
  const marked = all.filter(({ mark }) => mark !== "")
  const indent = Math.min(...marked.map((line) => line.indent))
  const items = marked.length > 0 ? marked : all.filter((line) => line.text !== "")
  // What stands beneath an item belongs to it, and its place in the value is not known.
  return all.some((line) => marked.length > 0 && line.indent > indent && line.text !== "")
    ? gap
    : items.map((line) => unquoted(line.text))
}

const valueOf = (schema: Schema, node: Node, name: string, text: string): unknown => {
  const items = schema.forms(node).find((form) => form.items !== undefined)?.items
  if (isA(schema, node, "object")) return records(text, schema, node).at(-1) ?? gap
  if (isA(schema, node, "array")) {
    if (items === undefined || !isA(schema, items, "object")) return list(text)
    return text
      .split(/^\s*[-*]\s/m)
      .slice(1)
      .map((item) => records(item, schema, items).at(-1) ?? gap)
  }
  const [first = "", ...below] = text.split("\n").map((line) => line.trim())
  const block = /^[|>][+-]?$/.test(first)
  const paragraph = /^\n*((?:[^\n]+\n?)*)/
    .exec(below.join("\n"))![1]!
    .trim()
    .split("\n")
    .join(first.startsWith("|") ? "\n" : " ")
  const value = unquoted(first === "" || block ? paragraph : first.replace(/\s+#\s.*$/, ""))
  if (isNothing(value)) return isA(schema, node, "string") && schema.fit(null, node) === undefined ? gap : null
  return head(value, (one) => schema.fit(one, node, name) !== undefined && !isA(schema, node, "string"))
}

/** Reads keys and values: on lines, in a row, as arguments of a call. A key that comes again begins a new draft. */
export const records = (text: string, schema: Schema, node: Node = schema.root): ReadonlyArray<Draft> => {
  const properties = propertiesOf(schema, node)
  if (properties.size === 0) return []
  const name = `["'\`*_]{0,3}(${[...properties.keys()].map(escaped).join("|")})["'\`*_]{0,3}`
  const sign = String.raw`(?:\s*\([^()\n]{0,40}\))?["*_]{0,3}[ \t]*(?::|=>?|：|->|→|\||\t|\s[-–—]\s)(?!\/\/)["*_]{0,3}`
  const onLine = String.raw`^[\s>|]*(?:(?:[-*+•–]|\d{1,3}[.)])\s+)?(?:#{1,6}\s+)?${name}(?:${sign}|(?<=[*_#].*)$)`
  const inRow = String.raw`(?<=[,;|&({]\s*|\band\s+|\s)${name}\s*(?:=|(?<=(?:[,;|&({]\s*|\band\s+)["'*_]{0,3}\w+["'*_]{0,3}\s*):)\s*`
  const found = [...text.matchAll(new RegExp(`${onLine}|${inRow}`, "gim"))]
  const drafts: Array<Record<string, unknown>> = []
  for (const [index, match] of found.entries()) {
    const key = [...properties.keys()].find((one) => plain(one) === plain(match[1] ?? match[2]!))!
    const from = match.index + match[0].length
    const next = found[index + 1]
    const part = text.slice(from, next?.index ?? text.length)
    const closed = part.replace(/(?:\s*(?:[,;|&]|\/?>|\)|\band)\s*|\s+[-–—·]\s*)$/i, "")
    const value = valueOf(schema, properties.get(key)!, key, ended(closed))
    const last = drafts.at(-1)
    if (last === undefined || Object.hasOwn(last, key)) drafts.push({ [key]: value })
    else last[key] = value
  }
  return drafts
}

/** A value as far as the next line that is labelled, or is no part of a list. */
const ended = (text: string): string => {
  const [first = "", ...below] = text.split("\n")
  const end = below.findIndex(
    (line, index) =>
      /^[\p{L}*_#][^:\n]{0,40}:(?:\s|\**\s|$)/u.test(line) ||
      (/^\S/.test(line) && below[index - 1]?.trim() === "" && index > 1 && !/^[-*+•\d]/.test(line))
  )
  return [first, ...(end === -1 ? below : below.slice(0, end))].join("\n")
}

const cellsOf = (line: string, mark: string): ReadonlyArray<string> =>
  (mark === "|" ? line.trim().replaceAll(/^\||\|$/g, "") : line).split(mark).map((cell) => unquoted(cell.trim()))

/** Reads the rows of the last table whose titles are the names of the properties; `undefined` if there is none. */
export const rows = (text: string, schema: Schema, node: Node): ReadonlyArray<Draft> | undefined => {
  const properties = propertiesOf(schema, node)
  const required = schema.forms(node)[0]?.required ?? []
  const all = text.split("\n").filter((line) => !/^\s*```/.test(line) && !/^[\s|:+-]*-{2,}[\s|:+-]*$/.test(line))
  for (const mark of ["|", "\t", ",", ";"]) {
    const cells = all.map((line) => cellsOf(line, mark))
    const at = cells.findLastIndex((row) => {
      const titles = new Set(row.map((title) => plain(title.replace(/\s*\([^()]*\)$/, ""))))
      return row.length > 1 && required.length > 0 && required.every((name) => titles.has(plain(name)))
    })
    if (at === -1) continue
    const end = cells.findIndex((row, index) => index > at && row.length === 1)
    return cells.slice(at + 1, end === -1 ? undefined : end).map((row) => {
      const members = [...properties.keys()].flatMap((name) => {
        const column = cells[at]!.findIndex((title) => plain(title.replace(/\s*\([^()]*\)$/, "")) === plain(name))
        const cell = row[column]
        if (cell === undefined) return []
        return [[name, isNothing(cell) ? null : cell] as const]
      })
      return row.length === cells[at]!.length ? Object.fromEntries(members) : {}
    })
  }
  return undefined
}
