const vowel = /[aeiouy]/

/** Takes the endings of English inflection off a lower-case word. */
export const stem = (word: string): string => {
  if (word.length < 3) return word
  let stem = word.endsWith("'s") ? word.slice(0, -2) : word
  if (stem.endsWith("sses")) stem = stem.slice(0, -2)
  else if (stem.endsWith("ies")) stem = `${stem.slice(0, -3)}y`
  else if (/(?:[sxz]|ch|sh)es$/.test(stem)) stem = stem.slice(0, -2)
  else if (stem.length > 3 && /[^su]s$/.test(stem)) stem = stem.slice(0, -1)
  const ending = /(?:ing|(?<!e)ed)$/.exec(stem)
  if (ending !== null && ending.index > 2 && vowel.test(stem.slice(0, ending.index))) {
    stem = stem.slice(0, ending.index)
    if (/([^aeiouls])\1$/.test(stem)) stem = stem.slice(0, -1)
  }
  if (stem.length > 2 && stem.endsWith("e")) stem = stem.slice(0, -1)
  if (stem.length > 2 && stem.endsWith("y")) stem = `${stem.slice(0, -1)}i`
  return stem
}
