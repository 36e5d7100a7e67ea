/** The goods that jobs are about. */
export const goods: ReadonlyArray<string> = [
  "nails",
  "rope",
  "lamp oil",
  "tea",
  "candles",
  "paper",
  "lime",
  "wool",
  "soap",
  "glass",
  "honey",
  "tar",
  "salt",
  "ink"
]

export const firms: ReadonlyArray<string> = [
  "Odo and Sons",
  "Harbour Trade",
  "Lind",
  "Old Mill",
  "Kessel",
  "North Yard",
  "Brandt",
  "Weaver Hall"
]

export const people: ReadonlyArray<string> = ["Ana", "Bo", "Cem", "Dora", "Emil", "Fay", "Gus", "Hana"]

/** An amount as people write it. */
export const money = (amount: number): string => amount.toFixed(2)

/** A time of the day, from its minutes since midnight. */
export const time = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`
