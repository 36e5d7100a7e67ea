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

const parts =
  /^([\s>]*)(?:([-*+•–—·▪◦‣●○→➤✓✔]|\(?\d{1,3}[.)]|\(?[a-z]\)|(?:\*\*|__)?step\s+\d{1,3}(?:[:.)](?:\*\*|__)?|(?:\*\*|__)[:.)]))(?:\s+|$))?(?:\[[ x]\]\s+)?(.*)$/i

/** Splits a text into lines without those of fences, each with the mark of a list before it. */
export const lines = (text: string) =>
  text.split(/\r?\n(?:\s*(?:```|~~~).*)?|^\s*(?:```|~~~).*\n/).map((line) => {
    const [, indent = "", mark = "", rest = ""] = parts.exec(line.slice(0, 4000)) ?? []
    return { indent: indent.length, mark, text: rest.trim() }
  })

const emphasis = /^\s*#{1,6}\s+|\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<=["'`”»’])[,;]\s*$/g

/** Removes emphasis, the marks of a heading, and quotes around the whole. */
export const unquoted = (given: string): string => {
  const text = given.replaceAll(emphasis, "").trim()
  return /^(?:"[^]*"|'[^]*'|`[^]*`|“[^]*”|«[^]*»|‘[^]*’)$/.test(text) ? text.slice(1, -1) : text
}
