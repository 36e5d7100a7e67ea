/** The tokens that a character costs, up to a code; ends are multiples of 16. */
const prices: ReadonlyArray<readonly [end: number, price: number]> = [
  [0x80, 0.7], // tabs and other controls
  [0xc0, 1.3], // signs
  [0x300, 1], // signs
  [0x370, 1.1], // accents that combine
  [0x400, 0.43], // Greek
  [0x530, 0.5], // Cyrillic
  [0x590, 0.33], // Armenian
  [0x600, 0.5], // Hebrew
  [0x670, 0.38], // Arabic
  [0x700, 0.5], // what other languages add to it
  [0x900, 2], // others
  [0x980, 0.38], // Devanagari
  [0xa00, 0.42], // Bengali
  [0xa80, 0.66], // Gurmukhi
  [0xb00, 0.43], // Gujarati
  [0xb80, 1.5], // Oriya
  [0xc00, 0.39], // Tamil
  [0xc80, 0.55], // Telugu
  [0xd00, 0.46], // Kannada
  [0xd80, 0.38], // Malayalam
  [0xe00, 0.67], // Sinhala
  [0xe80, 0.45], // Thai
  [0xf00, 1.95], // Lao
  [0x1000, 2], // Tibetan
  [0x10a0, 0.6], // Burmese
  [0x1100, 0.33], // Georgian
  [0x1200, 0.8], // Hangul
  [0x1780, 2], // others
  [0x1800, 0.66], // Khmer
  [0x1e00, 2], // others
  [0x2000, 0.75], // Latin with two accents, old Greek
  [0x2070, 0.9], // dashes and quotes
  [0x2500, 1.4], // arrows, signs of mathematics
  [0x25a0, 1.5], // boxes
  [0x3000, 1.4], // signs
  [0x3040, 1.1], // punctuation of East Asia
  [0x3100, 0.75], // kana
  [0x3130, 2], // others
  [0x3190, 0.8], // Hangul
  [0x3400, 2], // others
  [0x4e00, 2], // rare Han
  [0xa000, 0.9], // Han
  [0xac00, 2], // others
  [0xd7b0, 0.8], // Hangul
  [0xe000, 0.75], // half of an emoji
  [0xfe00, 2], // others
  [0xfe10, 0.55], // how an emoji is drawn
  [0xff00, 2], // others
  [0x10000, 1.1] // wide punctuation
]

const blocks = Float64Array.from({ length: 0x1000 }, (_, block) => prices.find(([end]) => block << 4 < end)![1])

/** The price of a character that is no letter of Latin or Cyrillic, digit, blank or sign of ASCII. */
export const priceOf = (code: number): number => blocks[code >> 4]!
