import { digits } from "./Numeral.ts"

const literals: Readonly<Record<string, string>> = {
  true: "true",
  True: "true",
  TRUE: "true",
  false: "false",
  False: "false",
  FALSE: "false",
  null: "null",
  None: "null",
  nil: "null",
  NULL: "null",
  undefined: "null"
}

/** A word without quotes, and where the reply goes on. */
export interface Bare {
  readonly word: string
  /** How JSON writes it, if it is a number or one of JSON's words. */
  readonly literal: string | undefined
  readonly end: number
  /** Whether it is a word of its own, not one that JSON knows. */
  readonly free: boolean
  /** Whether the reply may have ended inside. */
  readonly cut: boolean
  /** Whether it is a number at the very end of the reply: more digits may have been to come. */
  readonly mayGoOn: boolean
}

const stop = /[,，{}[\]"“”\n\r]|\s(?:#|\/\/|\/\*)|```|<\/|$/g
const keyStop = /[:：=,，{}[\]"“”\n\r]|```|$/g
const thousands = new RegExp(`(${digits})(?=\\s*(?:[},\\n\\r]|$))`, "iy")
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

const matchAt = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Reads a key, a word or a number that stands without quotes. */
export const read = (reply: string, at: number, place: "key" | "value" | "item"): Bare => {
  // In an object no key begins with a digit: the comma belongs to the number.
  const grouped = place === "value" ? matchAt(thousands, reply, at) : null
  const end = grouped === null ? matchAt(place === "key" ? keyStop : stop, reply, at)!.index : at + grouped[0].length
  const word = reply.slice(at, end).trim()
  const known = Object.hasOwn(literals, word) ? literals[word] : undefined
  const literal = place === "key" ? undefined : (known ?? (number.test(word) ? word : undefined))
  const free = known === undefined && !/^[+-.]?\d/.test(word)
  const last = end === reply.length
  return {
    word,
    literal,
    end,
    free,
    cut: last && known === undefined && !number.test(word),
    mayGoOn: last && known === undefined && number.test(word) && /\d$/.test(reply)
  }
}
