// The last hour as it has been told so far, and what the charts make of it.

const longest = 3_700

/** Puts new points behind those there are. */
export const append = (columns, more) => {
  const newest = columns.time?.at(-1) ?? -Infinity
  // After a step of the server's clock, what is not later is not drawn.
  const from = more.time.findIndex((time) => time > newest)
  if (from < 0) return columns
  return Object.fromEntries(
    Object.entries(more).map(([name, column]) => [
      name,
      [...(columns[name] ?? []), ...column.slice(from)].slice(-longest)
    ])
  )
}

const mean = (values) => {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null
}

const rank = { closed: 0, "half-open": 1, open: 2 }
const worst = (states) => states.reduce((one, other) => (rank[other] > rank[one] ? other : one), "closed")

/** The points of the last seconds, those in one step of so many seconds as one. */
export const latest = (columns, seconds, step) => {
  const { time = [] } = columns
  const end = time.at(-1) ?? 0
  const groups = new Map()
  for (const [index, at] of time.entries()) {
    if (at <= end - seconds * 1000) continue
    // Steps begin at round moments: else all of the line would move with each new point.
    const group = Math.ceil(at / (step * 1000))
    groups.set(group, [...(groups.get(group) ?? []), index])
  }
  const merged = { time: [...groups.values()].map((group) => time[group.at(-1)] / 1000) }
  for (const [name, column] of Object.entries(columns)) {
    if (name === "time") continue
    const merge = name === "circuit" ? worst : mean
    merged[name] = [...groups.values()].map((group) => merge(group.map((index) => column[index])))
  }
  return merged
}
