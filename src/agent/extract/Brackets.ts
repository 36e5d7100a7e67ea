import * as Bare from "./Bare.ts"
import * as Quote from "./Quote.ts"
import { Scribe } from "./Scribe.ts"

/** What stands between an opening bracket and its end. */
export interface Bracketed {
  /** Near to JSON, its texts apart: only commas, colons and brackets may be amiss. Empty if it is nested too deep to be an answer. */
  readonly json: string
  /** Puts the texts into JSON that was made of it. */
  readonly reveal: (json: string) => string
  readonly end: number
  /** Whether its own bracket closes it. */
  readonly closed: boolean
  /** Whether the reply ended in the middle of something. */
  readonly cut: boolean
  /** Whether a word without quotes is among its values. */
  readonly free: boolean
  /** Whether it leaves something out, as an example does. */
  readonly elided: boolean
}

const deepest = 64
const over = /```|<\/[a-z_]|<\||<end/iy
const blank = /(?:[\s\u200B-\u200D\u2060\u00AD]|\/\/[^\n]*|\/\*[\s\S]{0,500}?\*\/|#[^\n]*|<!--[\s\S]{0,500}?-->)+/y

const matchAt = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Reads from an opening bracket to its end, or to the end of the reply. */
export const read = (reply: string, from: number): Bracketed => {
  const scribe = new Scribe()
  let at = from
  let cut = false
  while (at < reply.length) {
    const sign = reply[at]!
    const skipped = matchAt(blank, reply, at)
    if (skipped !== null) {
      scribe.write(skipped[0].includes("\n") ? "\n" : " ")
      at += skipped[0].length
    } else if (matchAt(over, reply, at) !== null) {
      break
    } else if (sign === "{" || sign === "[") {
      if (scribe.depth === deepest) return { ...bracketed(scribe, at, true, false), json: "" }
      scribe.open(sign)
      at++
    } else if (sign === "}" || sign === "]") {
      scribe.close(sign)
      at++
      if (scribe.depth === 0) return bracketed(scribe, at, true, false)
    } else if (sign === "," || sign === "，") {
      scribe.comma()
      at++
    } else if (sign === ":" && scribe.awaitsKey) {
      // A key may be written as a symbol: { :item => "rope" }.
      at++
    } else if (sign === ":" || sign === "：" || sign === "=") {
      scribe.write(":")
      at += /^=>|^:=/.test(reply.slice(at, at + 2)) ? 2 : 1
    } else if (sign === "+" && scribe.joins) {
      scribe.write("+")
      at++
    } else if (reply.startsWith("...", at) || sign === "…") {
      scribe.elided = true
      at += sign === "…" ? 1 : 3
    } else if (Object.hasOwn(Quote.closers, sign)) {
      const quoted = Quote.read(reply, at, scribe.place, scribe.closers)
      at = quoted.end
      if (quoted.cut) cut = true
      else scribe.text(quoted.text)
    } else {
      const bare = Bare.read(reply, at, scribe.place)
      if (bare.free && scribe.place !== "key") scribe.free = true
      at = Math.max(bare.end, at + 1)
      if (bare.cut) cut = true
      else if (bare.literal === undefined) scribe.text(bare.word)
      else scribe.write(bare.literal)
    }
  }
  cut ||= scribe.awaits
  if (cut) scribe.cut()
  return bracketed(scribe, at, false, cut)
}

const bracketed = (scribe: Scribe, end: number, closed: boolean, cut: boolean): Bracketed => ({
  json: scribe.end(),
  reveal: (json) => scribe.reveal(json),
  end,
  closed,
  cut,
  free: scribe.free,
  elided: scribe.elided
})
