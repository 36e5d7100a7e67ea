/**
 * Estimates the o200k_base tokens of a text from above, in one pass.
 *
 * A word costs one token and a share of each letter after the fourth; letters that are rare or pile up without a vowel
 * cost more, for no token is made of them. A run of digits costs a token for three. Other scripts cost a share a letter.
 */
export const estimate = (text: string): number => {
  let cost = 0
  let run = 0
  let consonants = 0
  let before = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const lower = code | 32
    if (code < 128 && lower >= 97 && lower <= 122) {
      // A capital begins a word of its own, as in camelCase; the second capital of a run goes on.
      const begins = run === 0 || (code < 97 && before >= 97) || (code >= 97 && before < 97 && run > 1)
      run = begins ? 1 : run + 1
      consonants = vowel(lower) ? 0 : consonants + 1
      cost += begins ? 1 : run > 4 ? 0.16 : 0
      if (consonants > 2) cost += 0.65
      if (rare(lower)) cost += 0.55
      if (code < 97 && !begins) cost += 0.3
    } else {
      run = 0
      consonants = 0
      if (code >= 48 && code <= 57) cost += before >= 48 && before <= 57 ? 0.4 : 1
      else if (code === 32) cost += before === 32 ? 0.1 : 0.05
      else if (code === before) cost += code < 128 ? 0.35 : 1
      else if (code < 32) cost += 1.1
      else if (code < 128) cost += 0.85
      else cost += other(code)
    }
    before = code
  }
  return Math.ceil(cost)
}

/** The letters a, e, i, o and u. */
const vowel = (code: number): boolean => code === 97 || code === 101 || code === 105 || code === 111 || code === 117

/** The letters j, k, q, v, w, x and z. */
const rare = (code: number): boolean => code === 106 || code === 107 || code === 113 || (code > 117 && code !== 121)

/** A share of a character beyond ASCII; half a surrogate pair is a character here. */
const other = (code: number): number => {
  if (code < 0x250) return 1.2
  if (code >= 0x400 && code < 0x530) return 0.7
  if (code < 0x700) return 0.8
  if (code >= 0x3040 && code < 0xa000) return 1.3
  if (code >= 0xac00 && code < 0xd800) return 1.3
  if (code >= 0xd800 && code < 0xe000) return 2
  return code < 0x2000 ? 1 : 2
}
