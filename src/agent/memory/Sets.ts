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
