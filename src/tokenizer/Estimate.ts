import { areFrequent, priceOfPair, priceOfStart } from "./Pairs.ts"
import { priceOf } from "./Scripts.ts"

// What a character is to the encoding; numbers, because each character is asked.
const other = 0
const blank = 1
const line = 2
const digit = 3
const sign = 4
const latin = 5
const cyrillic = 6

const isAsciiLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

const kindOf = (code: number): number => {
  if (code === 32) return blank
  if (code === 10 || code === 13) return line
  if (code >= 48 && code <= 57) return digit
  if (code < 128 ? isAsciiLetter(code) : code >= 0xc0 && code < 0x250 && code !== 0xd7 && code !== 0xf7) return latin
  if (code >= 0x400) return cyrillic
  return code > 32 && code < 128 ? sign : other
}

// Characters up to the end of Cyrillic; beyond it only the script matters.
const kinds: Uint8Array = Uint8Array.from({ length: 0x530 }, (_, code) => kindOf(code))

/** Signs that people repeat, and the price of each further one: the encoding has tokens for long rules of them. */
const repeated = new Map(
  [
    [" ", 0.02],
    ["-=*#_/.", 0.045],
    ["+~%:;!X\t\n\r\u2014\u2026\u2500\u3000", 0.09],
    ["\u00a0", 0.14],
    // What people write for a secret or a blank.
    ["x", 0.234]
  ].flatMap(([signs, price]) => Array.from(String(signs), (sign) => [sign.charCodeAt(0), Number(price)] as const))
)

const priceOfRepeated = (code: number): number => repeated.get(code) ?? (code < 128 ? 0.5 : 1)

const priceOfAccent = (code: number): number => (code < 0x100 ? 0.75 : code < 0x250 ? 1.1 : 0.8)

/** The price of a Latin letter within a word: words of capitals and long words have shorter tokens. */
const priceOfLetter = (code: number, before: number, run: number): number => {
  if (before >= 128) return 0.15
  return (code < 97 ? 0.5 : priceOfPair(before, code)) + (run > 8 ? 0.2 : 0)
}

/** Whether a Latin letter begins a word: after another kind, or at a capital as in camelCase and HTTPServer. */
const beginsWord = (code: number, before: number, run: number): boolean => {
  if (before >= 128 || code >= 128) return false
  return code < 97 ? before >= 97 : before < 97 && run > 1
}

/**
 * The expected tokens of a text, with fractions: words by how usual their letters are, digits and signs by the encoding's
 * rules. Those of two texts add up, so that the pieces of a stream can be counted one by one.
 */
export const expected = (text: string): number => {
  let cost = 0
  let kind: number = other
  let before = 0
  let earlier = 0
  let run = 0
  let wasOdd = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const last = kind
    kind = code < 0x530 ? kinds[code]! : code >= 0x1e00 && code < 0x1f00 ? latin : other
    if (code === before && code === earlier && kind !== digit) {
      cost += priceOfRepeated(code)
    } else if (kind === latin) {
      const begins = last !== latin || beginsWord(code, before, run)
      run = begins ? 1 : run + 1
      if (code >= 128) cost += (begins ? 0.5 : 0) + priceOfAccent(code)
      else cost += begins ? priceOfStart(code) : priceOfLetter(code, before, run)
    } else if (kind === cyrillic) {
      const begins = last !== cyrillic
      const odd = !begins && !areFrequent(before, code)
      cost += begins ? 0.9 : odd && wasOdd ? 0.88 : 0.2
      wasOdd = odd
    } else if (kind === digit) {
      run = last === digit ? run + 1 : 0
      if (run % 3 === 0) cost += last === blank ? 2.3 : 1.3
    } else if (kind === blank) {
      if (last === blank) cost += 0.68
    } else if (kind === line) {
      cost += last === line ? 0.2 : 1.1
    } else if (kind === sign) {
      cost += last === sign ? 0.55 : 0.45
    } else {
      cost += priceOf(code)
    }
    earlier = before
    before = code
  }
  return cost
}

/**
 * Estimates the o200k_base tokens of a text in one pass, a little from above.
 *
 * The prices are fitted on prose of eighty languages, code, JSON, logs and tables. As single words are off by chance,
 * half the square root of the sum is added, which matters less the longer a text is, and 4 % for the languages that cost
 * more than their prices.
 */
export const estimate = (text: string): number => {
  const cost = expected(text)
  return Math.ceil(1.04 * cost + Math.sqrt(cost) / 2)
}
