import * as Cue from "./Cue.ts"
import { fit } from "./Fit.ts"
import { head } from "./Labelled.ts"
import { type Line, lines, unmarked } from "./Line.ts"
import { plain, propertiesOf, requiredOf, type Shape } from "./Shape.ts"
import { silent, type Verdict, wrong } from "./Verdict.ts"
import { valueOf } from "./Written.ts"

interface Pair {
  readonly name: string
  readonly value: unknown
}

type Names = ReadonlyArray<readonly [name: string, shape: Shape]>

const label =
  /^["'`*_]{0,3}([\p{L}_][\p{L}\d_ .'/-]{0,50}?)["'`*_]{0,3}\s*(?:\([^()]{0,40}\))?["'`*_]{0,3}\s*(?::|=>?|：|->|→|\s[-–—]\s)["*_]{0,3}(?!\/\/)\s*(.*)$/u
const heading = /^(?:#{1,6}\s+|\*\*|__)?([\p{L}_][\p{L}\d_ -]{0,50}?)(?:\*\*|__)?:?$/u

/** A value without the remark behind it, where it is no free text. */
const pair = (name: string, value: unknown, shape: Shape): Pair => {
  const read = typeof value === "string" ? head(value, shape, name) : undefined
  return { name, value: read?._tag === "Fits" ? read.value : value }
}

const escaped = (name: string) => name.replaceAll(/[^\w\s-]/g, String.raw`\$&`).replaceAll(/[\s_-]+/g, "[\\s_-]?")

/** All the pairs of a line that holds several: `action: buy, qty: 6`, `trade(action="buy", qty=6)`. */
const inline = ({ text }: Line, names: Names): ReadonlyArray<Pair> => {
  if (names.length < 2) return []
  const key = new RegExp(
    `(?<![\\w-])["'\`*_]{0,3}(${names.map(([name]) => escaped(name)).join("|")})["'\`*_]{0,3}\\s*(?::|=>?)["*_]{0,3}\\s*`,
    "gi"
  )
  const found = [...text.matchAll(key)]
  if (found.length < 2) return []
  return found.map((match, index): Pair => {
    const from = match.index + match[0].length
    const part = text.slice(from, found[index + 1]?.index ?? text.length)
    const [name, shape] = names.find(([name]) => plain(name) === plain(match[1]!))!
    const opened = /^["'*_]/.exec(match[0].slice(match[0].search(/[:=]/) + 1))?.[0] ?? ""
    const value =
      opened +
      part
        .trim()
        .replace(/(?:\/?>|[)}\]]|[,;|&]|\s(?:and|-|–|—|·))\s*\]?$/i, "")
        .trim()
    return pair(name, valueOf(value, [], shape), shape)
  })
}

const pairsOf = (all: ReadonlyArray<Line>, names: Names): ReadonlyArray<Pair> => {
  const nameOf = (text: string) => names.find(([name]) => plain(name) === plain(text))
  const keyed = all.map((line) => {
    const [, key = "", value = ""] = label.exec(line.text) ?? heading.exec(line.text) ?? []
    return { line, known: nameOf(key), other: label.test(line.text), value }
  })
  return keyed.flatMap(({ known, line, value }, index): ReadonlyArray<Pair> => {
    const several = inline(line, names)
    if (several.length > 0) return several
    if (known === undefined) return []
    const [name, shape] = known
    const rest = keyed.slice(index + 1)
    const next = rest.findIndex(
      (one) => one.known !== undefined || (one.other && one.line.mark === "" && one.line.indent <= line.indent)
    )
    const below = (next === -1 ? rest : rest.slice(0, next)).map((one) => one.line)
    const mark = keyed.some((one) => one.known !== undefined && one.line.mark !== "")
    const kept = mark ? below.filter((one) => one.mark === "" || one.indent > line.indent) : below
    return [pair(name, valueOf(unmarked(value), kept, shape), shape)]
  })
}

/** A key that comes again begins a new draft. */
const drafts = (pairs: ReadonlyArray<Pair>): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const all: Array<Record<string, unknown>> = []
  for (const { name, value } of pairs) {
    const last = all.at(-1)
    if (last === undefined || Object.hasOwn(last, name)) all.push({ [name]: value })
    else last[name] = value
  }
  return all
}

/** Whether a draft says something, and not only about a word that is a key too. */
const speaks = (draft: Readonly<Record<string, unknown>>, names: Names): boolean =>
  names.some(([name, shape]) => {
    const value = draft[name]
    return value !== undefined && (fit(value, shape, name)._tag === "Fits" || /\d/.test(String(value)))
  })

/** Whether each line of a list is a whole answer: these are offers, not drafts. */
const areOffers = (all: ReadonlyArray<Line>, shape: Shape): boolean => {
  const names = propertiesOf(shape)
  const offers = all.filter((line) => line.mark !== "" && inline(line, names).length >= names.length)
  return offers.length > 1 && !offers.some(({ text }) => Cue.settlement.test(text) || Cue.correction.test(text))
}

/** A line that begins another answer, which may hold as well. */
const alternative = /^(?:or|alternatively)\b(?:.{0,30}[:=].*|[,:]?)$/i

/** Reads keys and values that stand line by line, in a document or a call. */
export const read = (text: string, shape: Shape): Verdict => {
  const names = propertiesOf(shape)
  const all = lines(text)
  if (areOffers(all, shape)) return wrong
  const said = drafts(pairsOf(all, names)).filter((draft) => speaks(draft, names))
  const last = said.at(-1)
  if (last === undefined) return silent
  const verdict = fit(last, shape)
  if (verdict._tag === "Fits" && all.some((line) => alternative.test(line.text))) return wrong
  if (verdict._tag !== "Silent") return verdict
  // Some keys once more, and not all of them: which of the others still hold is not known.
  const whole = said.some((draft) => requiredOf(shape).every((name) => draft[name] !== undefined))
  return whole ? wrong : silent
}
