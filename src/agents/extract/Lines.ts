import { Option } from "effect"
import { candidates } from "./Json.ts"
import { isNothing, plain } from "./Scalar.ts"
import { gap, type Node, type Schema } from "./Schema.ts"
import { lines, unquoted } from "./Text.ts"

type Draft = Readonly<Record<string, unknown>>

/** The model does not answer. */
export const refusal =
  /\b(?:sorry|cannot|can['’]?t|unable|won['’]t|don['’]?t (?:know|have)|do not (?:know|have)|no idea|refuse|decline|insufficient|need more|depends|unclear|unknown)\b/i
/** The model settles after it weighed. */
export const settled =
  /\b(?:final|answer|revis(?:ed|ion)|correct(?:ed|ion)|updated?|instead|result|settle|actually|overall)\b/i

const explained = /^(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*\S|^[^:—–]{1,40}(?::|\s[—–-])\s+\S|\S\s+\([^()]+\)\.?$/
const leftOut = /^(?:\.{3}|…|etc\.?|and so on.*)?$/i

/** The items of a list: marked, else below each other or in a row. A gap where it is not clear which they are. */
export const items = (text: string, isAll = false): unknown => {
  const [list] = text.startsWith("[") && !isAll ? (candidates(text) ?? []) : []
  if (list !== undefined) return list.tail === undefined ? list.value : gap
  const said = lines(text).filter((line) => line.text !== "" || line.mark !== "")
  const start = said.findLastIndex(({ mark }, index) => mark !== "" && (said[index - 1]?.mark ?? "") === "")
  if (start === -1) {
    const row = said.length === 1 ? said[0]!.text.replaceAll(isAll ? /^[\w *]{1,40}:\s*|\.$/g : /^$/g, "") : ""
    const parts =
      row === "" ? said.map((line) => line.text) : row.split(/\s*(?:->|→)\s*|\s*[,;]\s*(?:and\s+)?|\s+and\s+/)
    const isShort =
      parts.length > (row === said[0]?.text ? 2 : 1) &&
      parts.every((one) => one.split(/\s+/).length < 5 && !/[.!?:;{}[\]<>|]/.test(one))
    return !isAll || (isShort && !refusal.test(text)) ? parts.map(unquoted).filter((item) => item !== "") : undefined
  }
  const end = said.findIndex(({ mark }, index) => index > start && mark === "")
  const block = said.slice(start, end === -1 ? undefined : end)
  const several = said.slice(0, start).some(({ mark }) => mark !== "") && !settled.test(said[start - 1]?.text ?? "")
  const nested = said.slice(start).some(({ indent }) => indent > block[0]!.indent)
  const cut = block.some((line) => leftOut.test(line.text)) || block.every((line) => explained.test(line.text))
  return several || nested || cut ? gap : block.map((line) => unquoted(line.text))
}

const remark = /\s+[-–—]+\s+|[,;.]\s+|\s+\(|\s+because\b|\s+since\b/i
const doubt = /\b(?:or|maybe|perhaps|possibly|actually|wait|no)\b/i

const valueOf = (schema: Schema, node: Node, name: string, text: string): unknown => {
  if (schema.isOf("object", node)) return records(text, schema, node).at(-1) ?? gap
  const each = schema.items(node)
  if (schema.isOf("array", node)) return schema.properties(each).size > 0 ? records(text, schema, each) : items(text)
  const [first = "", ...below] = text.split("\n").map((line) => line.trim())
  const paragraph = below
    .join("\n")
    .trim()
    .split("\n\n")[0]!
    .replaceAll("\n", first === "|" ? "\n" : " ")
  const value = unquoted(/^(?:[|>][+-]?)?$/.test(first) ? paragraph : first.replace(/\s+#\s.*$/, ""))
  const [head = "", ...rest] = value.split(remark)
  if (isNothing(value)) return null
  return Option.isSome(schema.match(value, node, name)) || doubt.test(rest.join(" ")) ? value : unquoted(head)
}

const escaped = (name: string) =>
  name.replaceAll(/[^\w\s-]/g, String.raw`\$&`).replaceAll(/[\s_-]+|(?<=[a-z])(?=[A-Z])/g, "[\\s_-]?")

/** Reads keys and values: on lines, in a row, as arguments of a call. A key that comes again begins a new draft. */
export const records = (given: string, schema: Schema, node: Node = schema.root): ReadonlyArray<Draft> => {
  const properties = schema.properties(node)
  if (properties.size === 0) return []
  const text = keyed(given, [...properties.keys()].map(plain))
  const name = `["'\`*_]{0,3}(${[...properties.keys()].map(escaped).join("|")})["'\`*_]{0,3}`
  const sign = String.raw`(?:\s*\([^()\n]{0,40}\))?["*_]{0,3}[ \t]*(?::|=>?|：|->|→|\||\t|[ \t][-–—][ \t])(?!\/\/)["*_]{0,3}`
  const onLine = String.raw`^[\s>|]*(?:(?:[-*+•–]|\d{1,3}[.)])\s+)?(?:#{1,6}\s+)?${name}(?:${sign}|(?<=[*_#].*)$)`
  const inRow = String.raw`(?<=[,;|&({]\s*|\band\s+)${name}\s*[:=]\s*|(?<=\s)${name}=(?=["'])`
  // A line that is labelled otherwise, or of prose behind a gap, ends the value before it.
  const other = String.raw`^(?=[\p{L}*_#][^:\n]{0,40}:(?:\**\s|$))|(?<=\S[ \t]*\n\n)(?=[\p{L}*#])`
  const found = [...text.matchAll(new RegExp(`${onLine}|${inRow}|${other}`, "gimu"))]
  const drafts: Array<Record<string, unknown>> = []
  for (const [index, match] of found.entries()) {
    const key = [...properties.keys()].find((one) => plain(one) === plain(match[1] ?? match[2] ?? match[3] ?? ""))
    if (key === undefined) continue
    const next = found[index + 1]
    const ending =
      (next?.[2] ?? next?.[3]) === undefined
        ? /\s*(?:(?<!\([^()]*)\)|\/?>|\||\s[-–—·])?\s*$/
        : /\s*(?:[,;|&]|\band)?\s*$/i
    const part = text.slice(match.index + match[0].length, next?.index).replace(ending, "")
    if (drafts.length === 0 || Object.hasOwn(drafts.at(-1)!, key)) drafts.push({})
    drafts.at(-1)![key] = valueOf(schema, properties.get(key)!, key, part.replace(/^[ \t]+/, ""))
  }
  return drafts
}

const cellsOf = (line: string, mark: string): ReadonlyArray<string> =>
  (mark === "|" ? line.trim().replaceAll(/^\||\|$/g, "") : line).split(mark).map((cell) => unquoted(cell.trim()))

/** Rewrites the rows of tables, across, as lines of keys. */
const keyed = (text: string, names: ReadonlyArray<string>): string => {
  let titles: ReadonlyArray<string> = []
  let mark = "|"
  const isTitle = (cell: string) => names.includes(plain(cell.replace(/\s*\([^()]*\)$/, "")))
  const rows = text.split("\n").flatMap((line) => {
    if (/^[\s|:+-]*-{2,}[\s|:+-]*$/.test(line)) return []
    const head = ["|", "\t", ",", ";"].find((one) => cellsOf(line, one).filter(isTitle).length > 1)
    mark = head ?? mark
    const cells = cellsOf(line, mark)
    if (head !== undefined || cells.length !== titles.length) titles = head === undefined ? [] : cells
    return titles.length === 0
      ? [line]
      : titles === cells
        ? []
        : titles.map((title, at) => `${title}: ${cells[at]! || "null"}`)
  })
  return rows.join("\n")
}
