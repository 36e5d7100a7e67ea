import { plain } from "./Scalar.ts"

const names = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
const border = new RegExp(`<(/?)(${names})\\b[^<>]{0,80}>|\\[(/?)(?:THINK|REASONING)\\]|◁(/?)think▷`, "gi")
const channel = /^[\s\S]*<\|channel\|>\s*final[^<]{0,40}<\|message\|>/

/** Removes the thinking from a reply, also where its beginning or its end is missing; elements that are the answer's own stay. */
export const visible = (reply: string, own: ReadonlySet<string>): string => {
  const text = reply.replace(channel, "")
  let spoken = ""
  let from = 0
  let thinks = false
  for (const { 0: mark, 1: tag, 2: name, 3: bracket, 4: arrow, index } of text.matchAll(border)) {
    if (name !== undefined && own.has(plain(name))) continue
    const ends = (tag ?? bracket ?? arrow) === "/"
    // Where only its end is seen, it began in the prompt: all before it is thinking.
    if (ends) spoken = thinks ? spoken : ""
    else if (!thinks) spoken += `${text.slice(from, index)}\n`
    thinks = !ends
    from = index + mark.length
  }
  return thinks ? spoken : spoken + text.slice(from)
}

const entities: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", nbsp: " ", amp: "&" }

/** Resolves the entities of HTML that stand for marks. */
export const decoded = (text: string): string =>
  text.replaceAll(/&(?:(quot|apos|lt|gt|nbsp|amp)|#(\d{1,6})|#x([\da-f]{1,5}));/gi, (_, name, decimal, hexadecimal) =>
    name === undefined
      ? String.fromCodePoint(Number(decimal ?? `0x${hexadecimal}`))
      : entities[String(name).toLowerCase()]!
  )

/** Turns the elements and tables of HTML, and the parameters of calls, into lines of keys, items and cells. */
export const lined = (text: string, own: ReadonlySet<string>): string => {
  const cells = text
    .replaceAll(/[\uFEFF\u200B-\u200D\u2060\u00AD]/g, "")
    .replaceAll(/[\u00A0\u202F\u2000-\u200A\u3000]/g, " ")
    .replaceAll(/\\([_*#])/g, "$1")
    .replaceAll(/<\|[a-z_]{1,30}\|>|<br\s?\/?>|\s*<tr\b[^<>]{0,200}>\s*/gi, "\n")
    .replaceAll(/<\/t[dh]>\s*/gi, "|")
    .replaceAll(/<\/?(?:table|thead|tbody|tr|t[dh])\b[^<>]{0,200}>/gi, "")
    .replaceAll(/\\boxed\{(?:\\text\{)?([^{}]{1,200})\}+/g, "\nanswer: $1\n")
    .replaceAll(/<arg_key>([^<>]{1,50})<\/arg_key>\s*<arg_value>([^<]{0,4000})<\/arg_value>/g, "\n$1: $2\n")
  if (!cells.includes("</")) return cells
  const keyed = cells.replaceAll(
    /<([a-z_][\w.-]{0,50})(?:=([\w.-]{1,50})|\sname="([^"<>]{1,50})"|\s[^<>]{0,200})?\s*>\s*|\s*<\/[a-z_][\w.-]{0,50}>/gi,
    (_, tag: string | undefined, equal: string | undefined, named: string | undefined) => {
      const name = equal ?? named ?? tag
      if (name === undefined) return "\n"
      return own.has(plain(name)) ? `\n${name}: ` : "\n- "
    }
  )
  return decoded(keyed.replaceAll(/^- *\n(?=\s*(?:- |\w+: ))/gm, "").replaceAll(/<!\[CDATA\[|\]\]>/g, ""))
}

/** A line of a document, and the mark of a list before it. */
export interface Line {
  readonly indent: number
  readonly mark: string
  readonly text: string
}

const parts =
  /^([\s>]*)(?:([-*+•–—·▪◦‣●○→➤✓✔]|\(?\d{1,3}[.)]|\(?[a-z]\)|(?:\*\*|__)?step\s+\d{1,3}(?:[:.)](?:\*\*|__)?|(?:\*\*|__)[:.)]))(?:\s+|$))?(?:\[[ x]\]\s+)?(.*)$/i

/** Splits a text into lines, without those of fences. */
export const lines = (text: string): ReadonlyArray<Line> =>
  text
    .split(/\r?\n/)
    .filter((line) => !/^\s*(?:```|~~~)/.test(line))
    .map((line) => {
      const [, indent = "", mark = "", rest = ""] = parts.exec(line.slice(0, 4000)) ?? []
      return { indent: indent.length, mark, text: rest.trim() }
    })

/** Removes emphasis, the marks of a heading, and quotes around the whole. */
export const unquoted = (given: string): string => {
  const text = given
    .replace(/^#{1,6}\s+/, "")
    .replaceAll(/\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g, "")
    .trim()
    .replace(/[,;]$/, "")
    .trim()
  return /^(?:"[^]*"|'[^]*'|`[^]*`|“[^]*”|«[^]*»|‘[^]*’)$/.test(text) ? text.slice(1, -1) : text
}
