import { Option } from "effect"
import { candidates } from "./Json.ts"
import { gap, type Node, type Schema } from "./Schema.ts"
import { isNothing, plain } from "./Scalar.ts"
import { lines, unquoted } from "./Text.ts"

type Draft = Readonly<Record<string, unknown>>

const remark = /\s+[-–—]+\s+|[,;.]\s+|\s+\(|\s+because\b|\s+since\b/i
const doubt = /\b(?:or|maybe|perhaps|possibly|actually|wait|no)\b/i

const list = (text: string): unknown => {
  if (text.startsWith("[")) return candidates(text)?.[0]?.value ?? gap
  const [first = "", ...below] = text.split("\n")
  if (first !== "")
    return first
      .split(/\s*(?:->|→)\s*|\s*;\s*(?:and\s+)?|\s*,\s*(?:and\s+)?/)
      .map(unquoted)
      .filter((item) => item !== "")
  const all = lines(below.join("\n")).filter((line) => line.text !== "")
  const marked = all.filter(({ mark }) => mark !== "")
  // What stands beneath an item belongs to it, and its place in the value is not known.
  if (all.some(({ indent }) => marked.length > 0 && indent > marked[0]!.indent)) return gap
  return (marked.length > 0 ? marked : all).map((line) => unquoted(line.text))
}

const valueOf = (schema: Schema, node: Node, name: string, text: string): unknown => {
  if (schema.isOf("object", node)) return records(text, schema, node).at(-1) ?? gap
  if (schema.isOf("array", node)) {
    const items = schema.items(node)
    if (items === undefined || !schema.isOf("object", items)) return list(text)
    return text
      .split(/^\s*[-*]\s/m)
      .slice(1)
      .map((item) => records(item, schema, items).at(-1) ?? gap)
  }
  const [first = "", ...below] = text.split("\n").map((line) => line.trim())
  const paragraph = below
    .join("\n")
    .trim()
    .split("\n\n")[0]!
    .split("\n")
    .join(first.startsWith("|") ? "\n" : " ")
  const value = unquoted(/^(?:[|>][+-]?)?$/.test(first) ? paragraph : first.replace(/\s+#\s.*$/, ""))
  const fits = (one: string) => Option.isSome(schema.match(one, node, name))
  if (isNothing(value)) return null
  if (fits(value)) return value
  const [head = "", ...rest] = value.split(remark)
  return doubt.test(rest.join(" ")) ? value : unquoted(head)
}

const escaped = (name: string) =>
  name.replaceAll(/[^\w\s-]/g, String.raw`\$&`).replaceAll(/[\s_-]+|(?<=[a-z])(?=[A-Z])/g, "[\\s_-]?")

/** Reads keys and values: on lines, in a row, as arguments of a call. A key that comes again begins a new draft. */
export const records = (text: string, schema: Schema, node: Node = schema.root): ReadonlyArray<Draft> => {
  const properties = schema.properties(node)
  if (properties.size === 0) return []
  const name = `["'\`*_]{0,3}(${[...properties.keys()].map(escaped).join("|")})["'\`*_]{0,3}`
  const sign = String.raw`(?:\s*\([^()\n]{0,40}\))?["*_]{0,3}[ \t]*(?::|=>?|：|->|→|\||\t|\s[-–—]\s)(?!\/\/)["*_]{0,3}`
  const onLine = String.raw`^[\s>|]*(?:(?:[-*+•–]|\d{1,3}[.)])\s+)?(?:#{1,6}\s+)?${name}(?:${sign}|(?<=[*_#].*)$)`
  const inRow = String.raw`(?<=[,;|&({]\s*|\band\s+)${name}\s*[:=]\s*|(?<=\s)${name}=(?=["'])`
  // A line that is labelled otherwise, or of prose behind a gap, ends the value before it.
  const other = String.raw`^[\p{L}*_#][^:\n]{0,40}:(?:\**\s|$)|(?<=\n\n)(?=[\p{L}*#])`
  const found = [...text.matchAll(new RegExp(`${onLine}|${inRow}|${other}`, "gimu"))]
  const drafts: Array<Record<string, unknown>> = []
  for (const [index, match] of found.entries()) {
    const said = match[1] ?? match[2] ?? match[3]
    if (said === undefined) continue
    const key = [...properties.keys()].find((one) => plain(one) === plain(said))!
    const start = match.index + match[0].length
    const next = found
      .slice(index + 1)
      .find((one) => one.length > 0 && (one[0] !== "" || text.slice(start, one.index).trim() !== ""))
    const isRow = next?.[2] !== undefined || next?.[3] !== undefined
    const part = text
      .slice(start, next?.index)
      .replace(isRow ? /\s*(?:[,;|&]|\band)?\s*$/i : /\s*(?:(?<!\([^()]*)\)|\/?>|\||\s[-–—·])?\s*$/, "")
    const value = valueOf(schema, properties.get(key)!, key, part.replace(/^[ \t]+/, ""))
    if (drafts.length === 0 || Object.hasOwn(drafts.at(-1)!, key)) drafts.push({})
    drafts.at(-1)![key] = value
  }
  return drafts
}

const cellsOf = (line: string, mark: string): ReadonlyArray<string> =>
  (mark === "|" ? line.trim().replaceAll(/^\||\|$/g, "") : line).split(mark).map((cell) => unquoted(cell.trim()))

/** Reads the rows of the last table whose titles are the names of the properties; `undefined` if there is none. */
export const rows = (text: string, schema: Schema, node: Node): ReadonlyArray<Draft> | undefined => {
  const required = (schema.forms(node)[0]?.required ?? []).map(plain)
  const lines = text.split("\n").filter((line) => !/^\s*```|^[\s|:+-]*-{2,}[\s|:+-]*$/.test(line))
  for (const mark of ["|", "\t", ",", ";"]) {
    const cells = lines.map((line) => cellsOf(line, mark))
    const titles = cells.map((row) => row.map((title) => plain(title.replace(/\s*\([^()]*\)$/, ""))))
    const at = titles.findLastIndex(
      (row) => row.length > 1 && required.length > 0 && required.every((name) => row.includes(name))
    )
    if (at === -1) continue
    const end = cells.findIndex((row, index) => index > at && row.length === 1)
    return cells
      .slice(at + 1, end === -1 ? undefined : end)
      .map((row) =>
        Object.fromEntries(
          row.length === titles[at]!.length
            ? row.map((cell, column) => [titles[at]![column]!, isNothing(cell) ? null : cell])
            : []
        )
      )
  }
  return undefined
}
