import { Equal, Option } from "effect"
import { candidates, gap, type Members } from "./Json.ts"
import { isNothing, isUnitOf, type Node, numeral, plain, type Schema } from "./Schema.ts"

const thinking = ["think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "analysis"]

/** Removes the thinking from a reply, also where its beginning or its end is missing; elements that the answer names stay. */
export const visible = (reply: string, own: ReadonlySet<string>): string => {
  const names = thinking.filter((name) => !own.has(name)).join("|")
  return reply
    .replaceAll(/\[(\/?)(?:THINK|REASONING)\]/g, "<$1think>")
    .replaceAll(new RegExp(`<(${names})\\b[^<>]{0,80}>[^]*?(?:</\\1>|$)`, "gi"), "\n")
    .replace(new RegExp(`^[^]*</(?:${names})>`, "i"), "")
}

const entities: Readonly<Record<string, string>> = { quot: '"', "#34": '"', apos: "'", lt: "<", gt: ">", amp: "&" }

/** Resolves the entities of HTML that stand for marks. */
export const decoded = (text: string): string =>
  text.replaceAll(/&(#?\w{2,4});/g, (all, name: string) => entities[name] ?? all)

/** Turns elements, and the parameters of calls, into lines of keys and items. */
export const lined = (text: string, own: ReadonlySet<string>): string => {
  const clean = text
    .replaceAll(/[\uFEFF\u200B-\u200D\u2060\u00AD]/g, "")
    .replaceAll(/[\u00A0\u202F\u2000-\u200A\u3000]/g, " ")
    .replaceAll(/\\([_*#])/g, "$1")
    .replaceAll(/<\|[a-z_]{1,30}\|>|<br\s?\/?>/gi, "\n")
  if (!clean.includes("</")) return clean
  const tag =
    /<([a-z_][\w.-]{0,50})(?:=([\w.-]{1,50})|\sname="([^"<>]{1,50})"|\s[^<>]{0,200})?\s*>\s*|\s*<\/[\w.-]{1,50}>/gi
  const keyed = clean.replaceAll(tag, (_, element?: string, equal?: string, named?: string) => {
    const name = equal ?? named ?? element
    return name === undefined ? "\n" : own.has(plain(name)) ? `\n${name}: ` : "\n- "
  })
  return decoded(keyed.replaceAll(/^- *\n(?=\s*(?:- |\w+: ))/gm, ""))
}

const marked =
  /^([\s>]*)(?:([-*+•–—·▪◦‣●○→➤✓✔]|\(?\d{1,3}[.)]|\(?[a-z]\)|(?:\*\*|__)?step\s+\d{1,3}(?:[:.)](?:\*\*|__)?|(?:\*\*|__)[:.)]))(?:\s+|$))?(?:\[[ x]\]\s+)?(.*)$/i

/** Splits a text into lines without those of fences, each with the mark of a list before it. */
const lines = (text: string) =>
  text.split(/\r?\n(?:\s*(?:```|~~~).*)?|^\s*(?:```|~~~).*\n/).map((line) => {
    const [, indent = "", mark = "", rest = ""] = marked.exec(line.slice(0, 4000)) ?? []
    return { indent: indent.length, mark, text: rest.trim() }
  })

const emphasis = /^\s*#{1,6}\s+|\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<=["'`”»’])[,;]\s*$/g

/** Removes emphasis, the marks of a heading, and quotes around the whole. */
const unquoted = (given: string): string => {
  const text = given.replaceAll(emphasis, "").trim()
  return /^(?:"[^]*"|'[^]*'|`[^]*`|“[^]*”|«[^]*»|‘[^]*’)$/.test(text) ? text.slice(1, -1) : text
}

// The model does not answer, or settles after it weighed.
const refusal =
  /\b(?:sorry|cannot|can['’]?t|unable|won['’]t|don['’]?t (?:know|have)|do not (?:know|have)|no idea|refuse|decline|insufficient|need more|depends|unclear|unknown)\b/i
export const settled = /\b(?:final|answer|revis(?:ed|ion)|correct(?:ed|ion)|updated?|instead|result|settle|actually)\b/i
const explained = /^(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*\S|^[^:—–]{1,40}(?::|\s[—–-])\s+\S|\S\s+\([^()]+\)\.?$/
const leftOut = /^(?:\.{3}|…|etc\.?|and so on.*)?$/i

/** The items of a list: marked, else below each other or in a row. A gap where it is not clear which they are. */
export const items = (text: string, isAll = false): unknown => {
  const [list] = text.startsWith("[") && !isAll ? (candidates(text) ?? []) : []
  if (list !== undefined) return list.tail === undefined ? list.value : gap
  const said = lines(text).filter((line) => line.text !== "" || line.mark !== "")
  const start = said.findLastIndex(({ mark }, index) => mark !== "" && (said[index - 1]?.mark ?? "") === "")
  if (start === -1) {
    const row = said.length === 1 ? said[0]!.text.replaceAll(isAll ? /^[\w *]{1,40}:\s*|\.$/g : /^$/g, "") : undefined
    const parts = row?.split(/\s*(?:->|→)\s*|\s*[,;]\s*(?:and\s+)?|\s+and\s+/) ?? said.map((line) => line.text)
    const isShort = parts.every((one) => one.split(/\s+/).length < 5 && !/[.!?:;{}[\]<>|]/.test(one))
    const isList = isShort && parts.length > (row === said[0]?.text ? 2 : 1) && !refusal.test(text)
    return !isAll || isList ? parts.map(unquoted).filter((item) => item !== "") : undefined
  }
  const end = said.findIndex(({ mark }, index) => index > start && mark === "")
  const block = said.slice(start, end === -1 ? undefined : end)
  const several = said.slice(0, start).some(({ mark }) => mark !== "") && !settled.test(said[start - 1]?.text ?? "")
  const nested = said.slice(start).some(({ indent }) => indent > block[0]!.indent)
  const cut = block.some((line) => leftOut.test(line.text)) || block.every((line) => explained.test(line.text))
  return several || nested || cut ? gap : block.map((line) => unquoted(line.text))
}

const doubt = /\b(?:or|maybe|perhaps|possibly|actually|wait|no)\b/i
const remark = /\s+[-–—]+\s+|[,;.]\s+|\s+\(|\s+because\b|\s+since\b/i

// Half of a string of broken JSON.
const torn = /^["'][^"']*$|["']\s*[}\]]+$/

const valueOf = (schema: Schema, node: Node, name: string, text: string): unknown => {
  if (schema.isOf("object", node)) return records(text, schema, node).at(-1) ?? gap
  const each = schema.forms(node)[0]?.items ?? true
  if (schema.isOf("array", node)) return schema.properties(each).size > 0 ? records(text, schema, each) : items(text)
  const [first = "", ...below] = text.split("\n").map((line) => line.trim())
  const [, paragraph = ""] = /^\s*((?:.+\n?)*)/.exec(below.join("\n")) ?? []
  const block = paragraph.trim().replaceAll("\n", first === "|" ? "\n" : " ")
  const value = unquoted(/^(?:[|>][+-]?)?$/.test(first) ? block : first.replace(/\s+#\s.*$/, ""))
  const [head = "", ...rest] = value.split(remark)
  if (isNothing(value)) return null
  if (torn.test(value)) return gap
  return Option.isSome(schema.match(value, node, name)) || doubt.test(rest.join(" ")) ? value : unquoted(head)
}

const escaped = (name: string) =>
  name.replaceAll(/[^\w\s-]/g, String.raw`\$&`).replaceAll(/[\s_-]+|(?<=[a-z])(?=[A-Z])/g, "[\\s_-]?")

const endOfPart = /\s*(?:[,;|&]|\band)?\s*$/i
const endOfLine = /\s*(?:(?<!\([^()]*)\)|\/?>|\||\s[-–—·])?\s*$/

/** Reads keys and values: on lines, in a row, as arguments of a call. A key that comes again begins a new draft. */
export const records = (given: string, schema: Schema, node: Node = schema.root): ReadonlyArray<Members> => {
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
    const isRow = (next?.[2] ?? next?.[3]) !== undefined
    const part = text.slice(match.index + match[0].length, next?.index).replace(isRow ? endOfPart : endOfLine, "")
    if (drafts.length === 0 || Object.hasOwn(drafts.at(-1)!, key)) drafts.push({})
    drafts.at(-1)![key] = valueOf(schema, properties.get(key)!, key, part.replace(/^[ \t]+/, ""))
  }
  return drafts
}

const cellsOf = (line: string, mark: string): ReadonlyArray<string> =>
  Array.from(line.replaceAll(/^\s*\||\|\s*$/g, "").split(mark), unquoted)

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
    titles = head !== undefined ? cells : cells.length === titles.length ? titles : []
    if (titles === cells || titles.length === 0) return titles === cells ? [] : [line]
    return titles.map((title, at) => `${title}: ${cells[at]! || "null"}`)
  })
  return rows.join("\n")
}

/** A value, or none where a text leaves a doubt; `undefined` if it holds no answer and another reading may find one. */
export type Reading = Option.Option<unknown> | undefined

/** One reading if all are alike; none if they differ. */
export const distinct = (readings: ReadonlyArray<Reading>): Reading => {
  const [first, ...rest] = readings.filter((reading) => reading !== undefined)
  return first === undefined || rest.every((one) => Equal.equals(one, first)) ? first : Option.none()
}

const hedge =
  /\b(?:either|maybe|perhaps|possibly|might|could be|between|whether|if|or|at least|at most|more than|less than|over|under|up to)\b/i
const given =
  /\b(?:rat(?:e|es|ed|ing)|scor(?:e|es|ed|ing)|give|giving|assign(?:ed)?|answer|say|put|settled?|go(?:ing)? with|choose|chose|pick|select|recommend|decision|verdict|category|label|choice|class(?:ify|ified)|value|final|deserves?|it['’]s|it is|this is|takes?|(?:should|must|would) be|i(?:['’]d|['’]ll| will| would)|let['’]s)\b[^.]*$/i
// What stands before a value that is denied, or is not the value itself: its opposite, or a bound of it.
const denied =
  /(?:[≠<>≤≥±~≈]|[!<>]=|[:=]\s*[-–—]\s|\b(?:minus|negative|about|around|approx(?:imately|\.)?|roughly|almost|nearly|circa|ca\.|close to)(?!\w))\s*["'*`]*$|(?:\bnot|n['’]t\b.{0,20}|\bthan|\binstead of|\brather than|\bavoid|\bnever|\bno)\s+(?:an?\s+|to\s+|be\s+|it\s+)*["'*`]*$/i
const amount = new RegExp(
  String.raw`(?<![\w.,/#−–—-])(${numeral}(?:\s*(?:\/|out of)\s*${numeral})?(?:\s*%|\s+percent\b)?)(?![\w/+-]|[.,]\d)(?:\s+(?!out\b|of\b)(\p{L}+))?`,
  "giu"
)

/** Reads the single value that a text gives as its answer; several, or a doubt, give none. */
export const single = (text: string, schema: Schema, node: Node, name: string): Reading => {
  const take = (value: string) => schema.match(unquoted(value), node, name)
  const choices = schema.forms(node).flatMap((form) => form.enum ?? [])
  if (choices.length === 0 && !["number", "integer", "boolean"].some((type) => schema.isOf(type, node)))
    return undefined
  const alone = distinct(text.split("\n").map(take).filter(Option.isSome))
  if (alone !== undefined || refusal.test(text)) return alone
  const truth = schema.isOf("boolean", node) ? /^\W*(yes|no)\b[,.!:]/i.exec(text)?.[1] : undefined
  if (truth !== undefined) return hedge.test(text) ? Option.none() : take(truth)
  const words = choices.map((choice) => String(choice).replaceAll(/[\W_]+/g, "[\\W_]+"))
  const pattern = words.length > 0 ? new RegExp(String.raw`(?<![\w-])(${words.join("|")})(?![\w-])`, "gi") : amount
  const sentences = text.split(/(?<=[.!?])\s+|\n+/).filter((one) => !one.trim().endsWith("?"))
  const found = sentences.flatMap((sentence) =>
    [...sentence.matchAll(pattern)].flatMap((match) => {
      const lead = sentence.slice(0, match.index)
      const isGiven = given.test(lead) || (name !== "" && plain(lead).includes(plain(name)))
      const value = match[2] === undefined || isUnitOf(match[2], name) ? take(match[1]!) : Option.none()
      return denied.test(lead) || (words.length === 0 && !isGiven) ? [] : [{ sentence, isGiven, value }]
    })
  )
  const last = found.at(-1)
  if (last === undefined || !last.isGiven) return undefined
  if (hedge.test(last.sentence)) return Option.none()
  const same = found.filter(({ sentence }) => sentence === last.sentence)
  return distinct((same.length === 1 && settled.test(last.sentence) ? same : found).map((one) => one.value))
}
