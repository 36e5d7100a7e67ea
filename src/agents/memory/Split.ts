import { arrowed, pairs } from "./Pairs.ts"
import type { Piece } from "./Piece.ts"
import { inline, items, json, listed, strong, table, tagged, weak } from "./Rows.ts"

const stamp = /^\[?(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?\]?\s+/

const abbreviation = /(?:^|[\s(])(?:mr|mrs|ms|dr|st|no|vs|approx|e\.g|i\.e|etc)\.$/i
const initial = /(?:^|\p{Lu}[\p{L}.]* )\p{Lu}\.$/u
const anaphora = /^(?:it|this|that|these|those|he|she|they|never|otherwise)\b/i

const asides = /["”] (?:said|says|asked|asks|replied|answered|added|cried|wrote|insisted) [^"“”]{2,40}[.,]\s+$/

/** Cuts prose into sentences; what is said in quotation marks stays with who says it. */
const sentences = (line: string): Array<string> => {
  if (!/[.!?"”]\s/.test(line)) return [line]
  const out: Array<string> = []
  let begin = 0
  for (const stop of line.matchAll(/(?:[.!?]+["')\]”’]*|["”])\s+(?=\S)/g)) {
    const end = stop.index + stop[0].length
    const head = line.slice(begin, end)
    const rest = line.slice(end)
    // A closing quotation mark ends a sentence only before a capital; what is said may go on after who says it.
    if (/["”]\s+$/.test(stop[0]) && /^\p{Ll}/u.test(rest)) continue
    if (/^["“]/.test(rest) && asides.test(line.slice(begin, end))) continue
    const open = (head.match(/["“”]/g)?.length ?? 0) % 2 === 1
    if ((open && head.length < 400) || abbreviation.test(head.trimEnd()) || initial.test(head.trimEnd())) continue
    out.push(head.trim())
    begin = end
  }
  const tail = line.slice(begin).trim()
  if (tail !== "") out.push(tail)
  if (out.length < 2) return out
  return out.reduce<Array<string>>((joined, sentence) => {
    const before = joined.at(-1)
    const hangs = anaphora.test(sentence) && sentence.split(" ").length <= 8 && !/\s\p{Lu}/u.test(sentence)
    if (hangs && before !== undefined && before.length < 200) joined[joined.length - 1] = `${before} ${sentence}`
    else joined.push(sentence)
    return joined
  }, [])
}

const longest = 500

/** Cuts a text of any form into statements that can stand alone. */
export const split = (text: string): Array<Piece> => {
  const whole = json(text)
  if (whole.length > 0) return whole
  const marked = tagged(text)
  if (marked.length > 0) return marked
  const raw = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const lines = raw.map((line) => line.replace(/^(?:[-*•]|#?\d+[.)]|#\d+)\s+/, "").replace(stamp, ""))
  const out: Array<Piece> = []
  for (let i = 0; i < lines.length;) {
    const block =
      listed(raw, i) ??
      table(lines, i, strong) ??
      of(inline(lines[i]!), 1) ??
      of(pairs(lines, i)) ??
      of(items(lines, i))
    const found = block ?? table(lines, i, weak) ?? { lines: 1, rows: told(lines[i]!) }
    out.push(...found.rows)
    i += found.lines
  }
  return out
}

const of = (rows: Array<Piece>, lines = rows.length) => (rows.length === 0 ? undefined : { lines, rows })

/** The statements of one line. */
const told = (line: string): Array<Piece> => {
  const row = arrowed(line)
  if (row !== undefined) return [row]
  return sentences(line).flatMap((sentence) => {
    const list = inline(sentence)
    return list.length > 0 ? list : sentence.length > longest ? [] : [{ text: sentence }]
  })
}
