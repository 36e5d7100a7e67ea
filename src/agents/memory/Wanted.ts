import type { Fact } from "./Fact.ts"
import type { Facts } from "./Facts.ts"
import type { Goal } from "./Goals.ts"

/** What one goal finds among the statements. */
const seek = ({ sought, stems }: Goal, shown: ReadonlyArray<Fact>, facts: Facts) => {
  const matched = new Map<Fact, number>()
  let all = 0
  let unknown = false
  for (const stem of stems) {
    const found = facts.with(stem)
    if (found.size === 0) {
      unknown = true
      continue
    }
    const rarity = Math.log(1 + shown.length / found.size) / Math.log(1 + shown.length)
    all += rarity
    for (const fact of found) if (fact.reading.stems.has(stem)) matched.set(fact, (matched.get(fact) ?? 0) + rarity)
  }
  // Those that could be meant when nothing of what is asked for is known by this word.
  let could = 0
  for (const { tells } of shown) if ((tells & sought) !== 0) could++
  return { sought, matched, all, least: unknown ? Math.max(0.5 / (could + 1), 0.04) : 0 }
}

/** Tells how likely a situation wants a statement, from 0 to 1. */
export const wanted = (goals: ReadonlyArray<Goal>, shown: ReadonlyArray<Fact>, facts: Facts) => {
  const found = goals.map((goal) => seek(goal, shown, facts))

  return (fact: Fact): number => {
    const { tells } = fact
    let most = 0
    for (const { all, least, matched, sought } of found) {
      const asked = (tells & sought) !== 0
      const apt = asked ? 1 : tells === 0 || sought === 0 ? 0.6 : 0.3
      const part = matched.get(fact)
      const named = part === undefined ? 0 : (part / all) ** 1.5 * apt
      const chance = asked ? Math.max(named, least) : named
      most = 1 - (1 - most) * (1 - chance)
    }
    return most
  }
}
