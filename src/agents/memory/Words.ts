// Word boundaries of UAX 29, and dictionaries for scripts without spaces; the locale changes nothing for words.
const segmenter = new Intl.Segmenter("en", { granularity: "word" })

// web-1, P-88, v2.3 and 10:30 name one thing; scripts without spaces have no such names.
const compound =
  /^(?=.*\p{N})(?:[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]+[-._:/])+[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]+$/u
const edges = /^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu
const dense = /[\p{Script=Han}\p{Script=Hangul}]/gu
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u

// Most of what stands between two spaces comes again and again, and segmenting it is slow.
const known = new Map<string, ReadonlyArray<string>>()
const most = 50_000

const cut = (chunk: string): ReadonlyArray<string> => {
  const core = chunk.replace(edges, "")
  if (core === "") return []
  if (compound.test(core)) return [core]
  return [...segmenter.segment(core)].flatMap(({ isWordLike, segment }) => (isWordLike ? [segment] : []))
}

/** The words of a text in order, folded; names that hold a digit stay whole. */
export const words = (text: string): ReadonlyArray<string> =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .split(/\s+/)
    .flatMap((chunk) => {
      let found = known.get(chunk)
      if (found === undefined) {
        if (known.size >= most) known.clear()
        known.set(chunk, (found = cut(chunk)))
      }
      return found
    })

/** A text without anything but its words, to tell whether two are the same. */
export const sameness = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim()

/**
 * Pieces of a word that are shared by its inflections and compounds in any language: four letters each, two in scripts
 * of syllables and ideographs.
 */
export const grams = (word: string): ReadonlyArray<string> => {
  const size = dense.test(word) || kana.test(word) ? 2 : 4
  dense.lastIndex = 0
  const letters = [...word]
  if (letters.length <= size) return [word]
  return Array.from({ length: letters.length - size + 1 }, (_, i) => letters.slice(i, i + size).join(""))
}

/** How much a word is likely to say, 0 to 1, before anything is known of its frequency: short words say little. */
export const weight = (word: string): number => {
  if (/\p{N}/u.test(word)) return 1
  const ideographs = word.match(dense)?.length ?? 0
  return Math.min(1, (word.length + 1.5 * ideographs) / 6) ** 1.5
}
