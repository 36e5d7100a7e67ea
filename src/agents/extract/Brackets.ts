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
  /** Whether the reply ended behind a number, of which more digits may have been to come. */
  readonly mayGoOn: boolean
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

/** Takes in what stands between texts and words, and tells how long it is; 0 if a text or a word begins. */
const sign = (scribe: Scribe, reply: string, at: number): number => {
  const skipped = matchAt(blank, reply, at)?.[0]
  if (skipped !== undefined) {
    scribe.write(skipped.includes("\n") ? "\n" : " ")
    return skipped.length
  }
  const mark = reply[at]!
  if (mark === "{" || mark === "[") scribe.open(mark)
  else if (mark === "}" || mark === "]") scribe.close(mark)
  else if (mark === "," || mark === "，") scribe.comma()
  else if (mark === "+" && scribe.joins) scribe.write("+")
  else if (mark === ":" || mark === "：" || mark === "=") {
    scribe.colon()
    return /^(?:=>|:=)/.test(reply.slice(at, at + 2)) ? 2 : 1
  } else {
    const gap = /^(?:\.{3}|…)/.exec(reply.slice(at, at + 3))?.[0] ?? ""
    scribe.elided ||= gap !== ""
    return gap.length
  }
  return 1
}

/** Takes in a text or a word, and tells where the reply goes on and whether it was cut inside. */
const member = (
  scribe: Scribe,
  reply: string,
  at: number,
  trusting: boolean
): { readonly end: number; readonly cut: boolean } => {
  if (Object.hasOwn(Quote.closers, reply[at]!)) {
    const quoted = Quote.read(reply, at, scribe.place, scribe.closers)
    if (!quoted.cut) scribe.text(quoted.text)
    return quoted
  }
  const bare = Bare.read(reply, at, scribe.place)
  scribe.free ||= bare.free && scribe.place !== "key"
  scribe.mayGoOn ||= bare.mayGoOn
  const cut = bare.cut || (bare.mayGoOn && !trusting)
  if (!cut) {
    if (bare.literal === undefined) scribe.text(bare.word)
    else scribe.write(bare.literal)
  }
  return { end: Math.max(bare.end, at + 1), cut }
}

/** Reads from an opening bracket to its end, or to the end of the reply; a number there is taken as whole if it is to be trusted. */
export const read = (reply: string, from: number, trusting = true): Bracketed => {
  const scribe = new Scribe()
  let at = from
  let cut = false
  while (at < reply.length && matchAt(over, reply, at) === null) {
    const length = sign(scribe, reply, at)
    at += length
    if (scribe.depth === 0) return bracketed(scribe, at, true, false)
    if (scribe.depth > deepest) return { ...bracketed(scribe, at, true, false), json: "" }
    if (length > 0) continue
    const { cut: inside, end } = member(scribe, reply, at, trusting)
    cut ||= inside
    at = end
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
  mayGoOn: scribe.mayGoOn,
  elided: scribe.elided
})
