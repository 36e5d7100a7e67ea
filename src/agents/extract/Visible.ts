import { plain, propertiesOf, type Shape } from "./Shape.ts"

const names = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|inner_monologue"
const border = new RegExp(`<(/?)(${names})\\b[^<>]{0,80}>|\\[(/?)(?:THINK|REASONING)\\]|◁(/?)think▷`, "gi")
const channel = /^[\s\S]*<\|channel\|>\s*final[^<]{0,40}<\|message\|>/

/** What the model meant to be read: its thinking is left out, also where its end or its beginning is missing. */
export const visible = (reply: string, shape: Shape): string => {
  const own = new Set(propertiesOf(shape).map(([name]) => plain(name)))
  const text = reply.replace(channel, "")
  let spoken = ""
  let from = 0
  let thinks = false
  for (const { 0: mark, 1: tag, 2: name, 3: bracket, 4: arrow, index } of text.matchAll(border)) {
    // An element may be the answer's own.
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

/** The same without marks that nobody sees, for the reading of prose. */
export const prose = (text: string): string =>
  text
    .replaceAll(/<\|[a-z_]{1,30}\|>|<br\s?\/?>/gi, "\n")
    .replaceAll(/\\([_*#])/g, "$1")
    .replaceAll(/\s*<tr\b[^<>]{0,200}>\s*/gi, "\n")
    .replaceAll(/<\/t[dh]>\s*/gi, "|")
    .replaceAll(/<\/?(?:table|thead|tbody|tr|t[dh])\b[^<>]{0,200}>/gi, "")
    .replaceAll(/[\uFEFF\u200B-\u200D\u2060\u00AD]/g, "")
    .replaceAll(/[\u00A0\u202F\u2000-\u200A\u3000]/g, " ")
