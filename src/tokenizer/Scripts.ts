/** The share of a token that a character costs, up to a code. */
const prices: ReadonlyArray<readonly [end: number, price: number]> = [
  [0xa0, 0.9], // signs
  [0xa1, 0.75], // a blank
  [0x370, 0.9], // signs
  [0x400, 0.75], // Greek
  [0x530, 0.82], // Cyrillic
  [0x590, 0.5], // Armenian
  [0x600, 0.5], // Hebrew
  [0x670, 0.42], // Arabic
  [0x780, 0.9], // what other languages add to it
  [0x900, 2], // others
  [0xe00, 0.48], // of India
  [0xe80, 0.6], // Thai
  [0x10a0, 2], // others
  [0x1100, 0.5], // Georgian
  [0x1200, 0.78], // Hangul
  [0x1780, 2], // others
  [0x1800, 0.8], // Khmer
  [0x1f00, 2], // others
  [0x2000, 0.75], // Greek
  [0x2070, 0.9], // signs
  [0x3000, 1.65], // arrows, signs of mathematics, boxes
  [0x3001, 0.75], // a blank
  [0x3040, 1.25], // punctuation of East Asia
  [0x3100, 0.62], // kana
  [0x3130, 2], // others
  [0x3190, 0.78], // Hangul
  [0x3400, 2], // others
  [0xa000, 1.02], // Han
  [0xac00, 2], // others
  [0xd7b0, 0.78], // Hangul
  [0xe000, 0.9], // half of an emoji
  [0xfe00, 2], // others
  [0xfe10, 0.9], // signs
  [0xff00, 2], // others
  [0xffef, 1.25] // wide punctuation
]

/** What a character beyond ASCII that is no Latin or Cyrillic letter costs. */
export const priceOf = (code: number): number => prices.find(([end]) => code < end)?.[1] ?? 2
