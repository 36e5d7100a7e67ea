/** Counts the characters to add, remove or replace that turn one word into another. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [line, character] of Array.from(one).entries()) {
    const next = [line + 1]
    for (let column = 0; column < other.length; column++) {
      const replaced = row[column]! + (character === other[column] ? 0 : 1)
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row[other.length]!
}

/** Finds the name most like another, or the only one that it begins, unless too little of it agrees. */
export const nearest = (name: string, names: ReadonlyArray<string>): string | undefined => {
  const [best] = names.map((known) => ({ known, far: distance(name, known) })).sort((a, b) => a.far - b.far)
  if (best !== undefined && best.far <= name.length / 3) return best.known
  const begun = names.filter((known) => known.startsWith(name))
  return begun.length === 1 ? begun[0] : undefined
}
