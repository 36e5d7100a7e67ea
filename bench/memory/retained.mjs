// Prints what a memory retains of streams, by the scorer, and where an older date beside a newer one counts as a fair mark:
//   node bench/memory/retained.mjs path/to/score.mjs path/to/streams.jsonl
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { select } from "../adapters/memory.mjs"

const [scorer, data] = process.argv.slice(2)
const { judge, naive, prepare, tokenizer } = await import(pathToFileURL(resolve(scorer)).href)
const { count } = await tokenizer("node_modules")
const streams = readFileSync(data, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line))

/** The first and the last millisecond of the date at the head of a line. */
const dateOf = (line, year) => {
  const [, day, ofYear = year, time] = /^\[(\d+ [A-Z][a-z]+)( \d{4})?( [\d:]+)?\] /.exec(line) ?? []
  if (day === undefined) return undefined
  const from = Date.parse(`${day.replace("Sept", "Sep")} ${ofYear}${time ?? ""} UTC`)
  return [from, from + (time === undefined ? 86_399_999 : 59_999)]
}

/** The lines of a context with their dates; a line of the same memory has the date of the line above. */
const dated = (context, memories, year) => {
  let above = { line: "" }
  return context.split("\n").map((line) => {
    const head = above.line.replace(/^\[[^\]]*\] /, "")
    const isBelow = memories.some(({ text }) => text.includes(head) && text.includes(line))
    above = { line, date: dateOf(line, year) ?? (isBelow ? above.date : undefined) }
    return above
  })
}

/** Leaves out the lines with a superseded version whose date is older than that of a line with the current one. */
const withoutMarked = (lines, gold) => {
  const current = lines.filter(({ line }) => judge(prepare(line), { ...gold, stale: [] }).present)
  const newest = Math.max(...current.map(({ date }) => date?.[0] ?? -Infinity))
  const isMarked = ({ date, line }) => date?.[1] < newest && judge(prepare(line), gold).contradicted
  return lines.filter((one) => !isMarked(one))
}

console.log("smaller %  present %  retained %  with dates %")
for (const budget of [0.4, 0.2, 0.1, 0.05]) {
  let [facts, present, retained, fair] = [0, 0, 0, 0]
  for (const { memories, now, situations } of streams) {
    const budgetTokens = Math.floor(budget * count(naive(memories)))
    for (const { gold, ...situation } of situations) {
      const lines = dated(select(memories, situation, { budgetTokens }), memories, new Date(now).getUTCFullYear())
      const all = prepare(lines.map(({ line }) => line).join("\n"))
      for (const fact of gold) {
        const verdict = judge(all, fact)
        const rest = withoutMarked(lines, fact).map(({ line }) => line)
        facts++
        present += verdict.present
        retained += verdict.retained
        fair += verdict.retained || judge(prepare(rest.join("\n")), fact).retained
      }
    }
  }
  const shares = [present, retained, fair].map((n) => ((100 * n) / facts).toFixed(1).padStart(11))
  console.log(String(100 - 100 * budget).padStart(9), shares.join(""))
}
