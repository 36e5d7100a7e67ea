import { plain } from "./Scalar.ts"

const thinking = ["think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "analysis"]

/** Removes the thinking from a reply, also where its beginning or its end is missing; elements that the answer names stay. */
export const visible = (reply: string, own: ReadonlySet<string>): string => {
  const names = thinking.filter((name) => !own.has(name)).join("|")
  return reply
    .replaceAll(/\[(\/?)(?:THINK|REASONING)\]/g, "<$1think>")
    .replaceAll(new RegExp(`<(${names})\\b[^<>]{0,80}>[^]*?(?:</\\1>|$)`, "gi"), "\n")
    .replace(new RegExp(`^[^]*</(?:${names})>`, "i"), "")
}

/** Resolves the entities of HTML that stand for marks. */
export const decoded = (text: string): string =>
  text
    .replaceAll(/&(?:quot|#34|#x22);/gi, '"')
    .replaceAll(/&(?:apos|#39|#x27);/gi, "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")

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

const parts =
  /^([\s>]*)(?:([-*+•–—·▪◦‣●○→➤✓✔]|\(?\d{1,3}[.)]|\(?[a-z]\)|(?:\*\*|__)?step\s+\d{1,3}(?:[:.)](?:\*\*|__)?|(?:\*\*|__)[:.)]))(?:\s+|$))?(?:\[[ x]\]\s+)?(.*)$/i

/** A line of a document, and the mark of a list before it. */
export type Line = Readonly<Record<"mark" | "text", string> & Record<"indent", number>>

/** Splits a text into lines, without those of fences. */
export const lines = (text: string): ReadonlyArray<Line> =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, indent = "", mark = "", rest = ""] = parts.exec(line.slice(0, 4000)) ?? []
    return /^\s*(?:```|~~~)/.test(line) ? [] : [{ indent: indent.length, mark, text: rest.trim() }]
  })

/** Removes emphasis, the marks of a heading, and quotes around the whole. */
export const unquoted = (given: string): string => {
  const marks = /^#{1,6}\s+|\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g
  const text = given
    .replaceAll(marks, "")
    .trim()
    .replace(/(?<=["'`”»’])[,;]$/, "")
  return /^(?:"[^]*"|'[^]*'|`[^]*`|“[^]*”|«[^]*»|‘[^]*’)$/.test(text) ? text.slice(1, -1) : text
}
