import * as Cue from "./Cue.ts"
import { fit } from "./Fit.ts"
import { type Line, lines } from "./Line.ts"
import { isScalar, type Shape } from "./Shape.ts"
import { first, silent, type Verdict, wrong } from "./Verdict.ts"
import { unquoted } from "./Written.ts"

interface Block {
  /** The line before it. */
  readonly intro: string
  readonly items: ReadonlyArray<Line>
}

const blocksOf = (all: ReadonlyArray<Line>): ReadonlyArray<Block> => {
  const found: Array<{ intro: string; items: Array<Line> }> = []
  let intro = ""
  let open = false
  for (const line of all) {
    if (line.text === "" && line.mark === "") continue
    const belongs = line.mark !== "" || (open && line.indent > 0)
    if (!belongs) {
      intro = line.text
      open = false
    } else if (open) found.at(-1)!.items.push(line)
    else {
      found.push({ intro, items: [line] })
      open = true
    }
  }
  return found
}

// Whether the item or only its name is meant cannot be told.
const explained = /^(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*\S|^[^:—–]{1,40}(?::|\s[—–-])\s+\S|\S\s+\([^()]+\)\.?$/
const leftOut = /^(?:\.{3}|…|etc\.?|and so on.*)?$/i

const valueOf = ({ items }: Block, shape: Shape): Verdict => {
  const indent = items[0]!.indent
  const texts = items.map(({ text }) => text)
  if (items.some((item) => item.indent > indent || item.mark === "") || texts.some((text) => leftOut.test(text)))
    return wrong
  if (texts.every((text) => explained.test(text) && !/^(?:\*\*|__).*(?:\*\*|__)$/.test(text))) return wrong
  return fit(texts.map(unquoted), shape)
}

/** Names in a row, behind a label or as all there is. */
const row = (all: ReadonlyArray<Line>, shape: Shape): Verdict => {
  const said = all.filter(({ text }) => text !== "")
  const [line] = said
  if (line === undefined || said.length > 1 || Cue.refusal.test(line.text)) return silent
  const labelled = /^[\w *]{1,40}:\s*(.+)$/.exec(line.text)
  const items = (labelled?.[1] ?? line.text).replace(/\.$/, "").split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+/)
  const short = items.every((item) => item !== "" && item.split(/\s+/).length <= 4 && !/[.!?:]/.test(item))
  return short && items.length > (labelled === null ? 2 : 1) ? fit(items.map(unquoted), shape) : silent
}

const capital = String.raw`\p{Lu}[\p{L}\d'’-]+`
const person = `${capital}(?: ${capital}){0,2}`
const enumeration = new RegExp(`(?<=\\b(?:\\p{Ll}+|I) )${person}(?:, ${person})*,? and ${person}(?=[.!]?$)`, "gu")

/** Proper names that a sentence ends with: "I would ask Ada, Bo and Cleo." */
const sentence = (all: ReadonlyArray<Line>, shape: Shape): Verdict => {
  const said = all.filter(({ text }) => text !== "").map(({ text }) => text)
  if (said.length !== 1 || Cue.refusal.test(said[0]!) || /\b(?:not|or|except|but)\b|n['’]t\b|[.!?]\s/i.test(said[0]!))
    return silent
  const [found, ...others] = said[0]!.match(enumeration) ?? []
  return found === undefined || others.length > 0 ? silent : fit(found.split(/, and | and |, /), shape)
}

/** Names that stand below each other, without any marks. */
const column = (all: ReadonlyArray<Line>, shape: Shape): Verdict => {
  const said = all.filter(({ text }) => text !== "")
  const short = said.every(
    ({ text }) => !Cue.refusal.test(text) && text.split(/\s+/).length <= 6 && !/[.!?:;,{}[\]<>]/.test(text)
  )
  return short && said.length > 1
    ? fit(
        said.map(({ text }) => unquoted(text)),
        shape
      )
    : silent
}

/** Reads a list of single values: with bullets, numbers, commas or below each other. */
export const read = (text: string, shape: Shape): Verdict => {
  if (!isScalar(shape.items ?? {})) return silent
  const all = lines(text)
  const blocks = blocksOf(all)
  const last = blocks.at(-1)
  if (last !== undefined) {
    const chosen =
      blocks.length === 1 ||
      /final|answer|revis|correct|updat|instead|result/i.test(last.intro) ||
      Cue.correction.test(last.intro)
    return chosen ? valueOf(last, shape) : wrong
  }
  const inRow = row(all, shape)
  return first([inRow, column(all, shape), sentence(all, shape)])
}
