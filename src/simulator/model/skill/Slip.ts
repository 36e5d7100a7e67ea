import type { Item } from "./Reading.ts"
import type { Value } from "./Skill.ts"

/** What someone says who has been careless. */
export const of = (value: Value, items: ReadonlyArray<Item>, random: () => number): Value => {
  const draw = (most: number) => Math.floor(random() * most)
  if (typeof value === "number") return Number((value * (random() < 0.5 ? 1.1 : 0.9) + 1).toFixed(2))
  if (typeof value === "string") {
    const others = items.map(({ name }) => name).filter((name) => name !== value)
    return others[draw(others.length)] ?? `${value.slice(0, -1)}${(Number(value.at(-1)) + 1) % 10}`
  }
  const at = draw(value.length - 1)
  return value.map((item, i) => (i === at ? value[at + 1]! : i === at + 1 ? value[at]! : item))
}
