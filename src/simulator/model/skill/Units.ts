const units: Readonly<Record<string, readonly [measure: "mass" | "length", size: number]>> = {
  g: ["mass", 0.001],
  kg: ["mass", 1],
  t: ["mass", 1000],
  lb: ["mass", 0.453_592_37],
  oz: ["mass", 0.028_349_523_125],
  mm: ["length", 0.001],
  cm: ["length", 0.01],
  m: ["length", 1],
  km: ["length", 1000],
  inch: ["length", 0.0254],
  foot: ["length", 0.3048],
  yard: ["length", 0.9144],
  mile: ["length", 1609.344]
}

/** A unit's name in the singular. */
export const singular = (unit: string): string => {
  if (unit === "feet") return "foot"
  if (unit === "inches") return "inch"
  return unit.length > 2 ? unit.replace(/s$/, "") : unit
}

/** How many of one unit make another; `undefined` if they measure different things. */
export const ratio = (from: string, to: string): number | undefined => {
  const [measure, size] = units[singular(from)] ?? []
  const [other, base] = units[singular(to)] ?? []
  return measure !== undefined && measure === other ? size! / base! : undefined
}
