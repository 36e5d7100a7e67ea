/** The set of nothing; nothing is to be added to it. */
export const none: ReadonlySet<string> = new Set()

/** Adds to a set, which comes into being with its first item: of those of a statement most stay empty. */
export const plus = (set: ReadonlySet<string>, item: string): ReadonlySet<string> =>
  set === none ? new Set([item]) : (set as Set<string>).add(item)

/** Whether two sets have something in common. */
export const overlaps = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const item of a) if (b.has(item)) return true
  return false
}

/** Whether one set has nothing that the other has not. */
export const within = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const item of a) if (!b.has(item)) return false
  return true
}
