import type { Piece } from "./Piece.ts"
import { bookkeeping, type Field, record, wordy } from "./Rows.ts"

const pair = /([\w-]+)=("[^"]*"|.*?)(?=\s+[\w-]+=|\s*$)/g
const lead = /^(?:\[[^\]]*\]\s*|\d{1,2}:\d\d(?::\d\d)?\s+|(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|NOTICE)\s+)+/

/** How many lines from one on are pairs such as `free=3` after a few words; what all lines begin with says nothing. */
export const pairs = (lines: ReadonlyArray<string>, from: number): Array<Piece> => {
  const rows: Array<{ readonly head: ReadonlyArray<string>; readonly fields: ReadonlyArray<Field> }> = []
  for (let i = from; i < lines.length && lines[i]!.includes("="); i++) {
    const line = lines[i]!.replace(lead, "")
    const at = line.search(/[\w-]+=\S/)
    const head = at < 0 ? line : line.slice(0, at)
    if (at < 0 || /[.,;:!?]\s*$/.test(head) || head.length > 60) break
    const fields = [...line.slice(at).matchAll(pair)].map(([, label, value]): Field => [
      label!,
      value!.replaceAll('"', "")
    ])
    rows.push({ head: head.split(/\s+/).filter((word) => word !== ""), fields })
  }
  if (rows.length === 0) return []
  const [first] = rows
  let same = 0
  while (
    rows.length > 1 &&
    first!.head[same] !== undefined &&
    rows.every(({ head }) => head[same] === first!.head[same])
  )
    same++
  return rows.flatMap(({ fields, head }) => {
    const own = head.slice(same).join(" ")
    // A lone line's head names the program that wrote it, unless nothing else names the row.
    const inner = fields.some(([label, value]) => wordy(value) && !bookkeeping.test(label))
    return (own !== "" && (rows.length > 1 || !inner) ? record([["", own], ...fields]) : record(fields, own)) ?? []
  })
}

const arrow = /^(?:[\w ]{1,20}: )?(\p{L}[^:>=→]{1,40}?)\s*(?:->|=>|→)\s*\d/u

/** A line such as "store: lamp oil -> 12 units" tells of what stands before its arrow. */
export const arrowed = (line: string): Piece | undefined => {
  const key = line.length > 160 || !/[>→]/.test(line) ? undefined : arrow.exec(line)?.[1]
  return key === undefined ? undefined : { text: line, key }
}
