import { areFrequent } from "./Pairs.ts"
import { priceOf } from "./Scripts.ts"

type Kind = "start" | "blank" | "line" | "digit" | "sign" | "latin" | "cyrillic" | "other"

/** Signs that people repeat, and what each costs then: the encoding has tokens for long rules of them. */
const rules = new Map(
  [
    [" ", 0.02],
    ["-=*#_/.", 0.045],
    ["+~%:;!X\t\n\r\u2014\u2026\u2500\u3000", 0.09],
    ["\u00a0", 0.14]
  ].flatMap(([signs, price]) => Array.from(String(signs), (sign) => [sign.charCodeAt(0), Number(price)] as const))
)

const isDigit = (code: number): boolean => code >= 48 && code <= 57

const isAscii = (code: number): boolean => code < 128 && (code | 32) >= 97 && (code | 32) <= 122

const isAccented = (code: number): boolean =>
  (code >= 0xc0 && code < 0x250 && code !== 0xd7 && code !== 0xf7) || (code >= 0x1e00 && code < 0x1f00)

const isCyrillic = (code: number): boolean => code >= 0x400 && code < 0x530

/** The letters a, e, i, o and u. */
const isVowel = (code: number): boolean => {
  const letter = code | 32
  return letter === 97 || letter === 101 || letter === 105 || letter === 111 || letter === 117
}

/** The letters j, k, q, v, w, x and z. */
const isRare = (code: number): boolean => {
  const letter = code | 32
  return letter === 106 || letter === 107 || letter === 113 || (letter > 117 && letter !== 121)
}

/** Adds up what the characters of a text cost, one after the other. */
class Meter {
  cost = 0
  #kind: Kind = "start"
  #before = 0
  #earlier = 0
  /** Letters or digits of the same word or number so far. */
  #run = 0
  /** Vowels in a row so far. */
  #vowels = 0
  /** Whether the last two letters are a pair that is not frequent. */
  #odd = false

  add(code: number): void {
    if (isDigit(code)) this.#digit()
    else if (code === this.#before && code === this.#earlier && (code < 0xd800 || code > 0xdfff)) this.#again(code)
    else if (isAscii(code) || isAccented(code)) this.#latin(code)
    else if (isCyrillic(code)) this.#cyrillic(code)
    else if (code < 128) this.#ascii(code)
    else this.#is("other", priceOf(code))
    this.#earlier = this.#before
    this.#before = code
  }

  #is(kind: Kind, cost: number): void {
    this.#kind = kind
    this.cost += cost
  }

  /** The third character of its kind in a row, and further ones. */
  #again(code: number): void {
    this.cost += rules.get(code) ?? (code < 128 ? 0.5 : 1)
  }

  /** Three digits are a token, and the space before them is one. */
  #digit(): void {
    const begins = this.#kind !== "digit"
    this.#run = begins ? 0 : this.#run + 1
    this.#is("digit", (this.#run % 3 === 0 ? 1.05 : 0) + (begins && this.#before === 32 ? 1 : 0))
  }

  /** A word is a token, more where it is long, unusual or accented; a capital begins a word, as in camelCase. */
  #latin(code: number): void {
    const before = this.#before
    const capital = code < 97
    const wasCapital = before < 97
    const begins =
      this.#kind !== "latin" || (capital && isAscii(before) && !wasCapital) || (!capital && wasCapital && this.#run > 1)
    this.#run = begins ? 1 : this.#run + 1
    const plain = !begins && isAscii(code) && isAscii(before)
    const odd = plain && !areFrequent(before, code)
    let cost = begins ? 1 : 0
    if (!begins && capital) cost += 0.3
    this.#vowels = begins || !isVowel(code) ? (isVowel(code) ? 1 : 0) : this.#vowels + 1
    if (this.#vowels > 2) cost += 0.3
    if (odd && this.#odd) cost += 0.87
    if (!begins && !odd && this.#run > 4) cost += 0.11
    if (isAccented(code)) cost += code < 0x100 ? 1.2 : code < 0x1e00 ? 1.5 : 0.7
    else if (isRare(code)) cost += 0.36
    this.#odd = odd
    this.#is("latin", cost)
  }

  #cyrillic(code: number): void {
    const begins = this.#kind !== "cyrillic"
    const odd = !begins && !areFrequent(this.#before, code)
    this.#run = begins ? 1 : this.#run + 1
    let cost = begins ? 0.6 : this.#odd ? 1.05 : odd ? 0.4 : this.#run > 5 ? 0.12 : 0.2
    if (!begins && code < 0x430) cost += 0.3
    this.#odd = odd
    this.#is("cyrillic", cost)
  }

  #ascii(code: number): void {
    if (code === 32) this.#is("blank", this.#before === 32 ? 0.9 : 0)
    // The end of a line is part of the sign before it.
    else if (code === 10 || code === 13) {
      this.#is("line", this.#kind === "line" ? (this.#before === 13 ? 0 : 0.75) : this.#kind === "sign" ? 0.2 : 1)
    } else if (code === 9) this.#is("blank", 0.75)
    else if (code < 32) this.#is("other", 1)
    else this.#is("sign", this.#kind === "sign" ? 0.67 : 0.9)
  }
}

/**
 * Estimates the o200k_base tokens of a text from above, in one pass.
 *
 * It prices words by how usual their letters are, digits and signs by the rules of the encoding, other scripts by the letter. As
 * single words are off by chance, the square root of the sum is added, which matters less the longer a text is.
 */
export const estimate = (text: string): number => {
  const meter = new Meter()
  for (let index = 0; index < text.length; index++) meter.add(text.charCodeAt(index))
  return Math.ceil(meter.cost + Math.sqrt(meter.cost))
}
