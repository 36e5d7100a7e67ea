import type { Fact } from "./Fact.ts"
import type { Facts } from "./Facts.ts"
import type { Goal } from "./Goals.ts"
import { told } from "./Weight.ts"

/** Tells how likely a situation wants a statement, from 0 to 1. */
export const wanted = (goals: ReadonlyArray<Goal>, shown: ReadonlyArray<Fact>, facts: Facts) => {
  const rarity = (stem: string) => {
    const frequency = facts.frequency(stem)
    return frequency === 0 ? 0 : Math.log(1 + shown.length / frequency) / Math.log(1 + shown.length)
  }
  const weighed = goals.map(({ sought, stems }) => {
    const words = [...stems].map((one) => [one, rarity(one)] as const).filter(([, weight]) => weight > 0)
    const all = words.reduce((sum, [, weight]) => sum + weight, 0)
    const unknown = [...stems].some((one) => facts.frequency(one) === 0)
    // Those that could be meant when nothing of what is asked for is known by this word.
    const could = shown.filter(({ reading }) => (told(reading) & sought) !== 0).length
    return { words, all, sought, unknown, could }
  })

  return ({ reading }: Fact): number => {
    const tells = told(reading)
    let most = 0
    for (const { all, could, sought, unknown, words } of weighed) {
      let matched = 0
      for (const [one, weight] of words) if (reading.stems.has(one)) matched += weight
      const cover = all === 0 ? 0 : matched / all
      const asked = (tells & sought) !== 0
      const apt = asked ? 1 : tells === 0 || sought === 0 ? 0.6 : 0.3
      let chance = cover ** 1.5 * apt
      if (unknown && asked) chance = Math.max(chance, 0.5 / (could + 1), 0.04)
      most = 1 - (1 - most) * (1 - chance)
    }
    return most
  }
}
