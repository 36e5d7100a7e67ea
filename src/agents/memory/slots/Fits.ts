import { bit } from "../Aspect.ts"
import type { Chunk, Form, Reading } from "../Reading.ts"
import { overlaps, within } from "../Sets.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import { agreement, alike, framed, unshared } from "./Agreement.ts"
import { cross } from "./Cross.ts"
import { decimals, nobody, parties, relation, sharesValue } from "./Relation.ts"
import { stateAs } from "./StateAs.ts"

const same = (a: Chunk, b: Chunk) => a.key === b.key || within(a.stems, b.stems) || within(b.stems, a.stems)

/** How surely a newer statement answers the question of a slot, by one of its statements; 0 if it does not. */
export const fits = (form: Form, old: Reading, now: Reading, vocabulary: Vocabulary): number => {
  const replaces = now.olds.size > 0 && old.values.some(({ text }) => now.olds.has(text)) ? 2 : 0
  switch (form) {
    case "row": {
      if (now.key === undefined || now.key !== old.key) return cross(old, now, vocabulary)
      if (overlaps(now.labels, old.labels)) return 2
      return decimals(now) === decimals(old) ? 1 : 0
    }
    case "clock": {
      if (now.form !== "clock") return 0
      const told = agreement(old.things, now.things, alike(old, now), vocabulary)
      const agreed = (told >= 0.6 ? told : agreement(old.spots, now.spots, alike(old, now), vocabulary)) + replaces
      return agreed < 0.6 ? 0 : agreed
    }
    case "number": {
      if (now.values.length === 0 || (now.event && !old.event && replaces === 0 && !sharesValue(old, now))) return 0
      if (now.key !== undefined) return cross(old, now, vocabulary)
      if (now.values.some(({ kind }) => kind === "clock")) return 0
      const coded = ({ values }: Reading) => values.some(({ kind }) => kind === "code")
      if (coded(old) !== coded(now)) return 0
      // Whoever counted or told a thing's number is no part of the question.
      const personal = ((old.aspects | now.aspects) & (bit.price | bit.debt | bit.promise)) !== 0
      const impersonal =
        coded(old) || (!personal && (old.aspects & now.aspects & (bit.count | bit.measure | bit.code)) !== 0)
      const [a, b] = impersonal ? [nobody, nobody] : parties(old, now)
      if (a.size > 0 && b.size > 0 && !overlaps(a, b)) return 0
      if (a.size > 0 !== b.size > 0 && replaces === 0) return 0
      const common = overlaps(a, b) ? 1 : 0
      const same = alike(old, now)
      const shared = agreement(old.things, now.things, same, vocabulary)
      let agreed = shared + common + replaces
      if (agreed < 0.6) return 0
      if (shared === 0) {
        const left = unshared(old.things, [], vocabulary)
        const right = unshared(now.things, [], vocabulary)
        for (const x of left.runs) for (const y of right.runs) if (framed(x, y, same)) return 0
        // A debt has no subject but whose it is.
        if ((old.aspects & now.aspects & bit.debt) === 0) agreed -= left.weight + right.weight
      }
      if (agreed < 0.6) return 0
      const related = relation(old, now) + replaces
      const least = a.size === 0 && b.size === 0 && agreed >= 1 ? -0.5 : 0
      return related < least ? 0 : agreed + related
    }
    case "role": {
      if (now.names.size === 0 || (now.form !== undefined && now.form !== "role")) return 0
      const agreed = agreement(old.things, now.things, alike(old, now), vocabulary)
      if (now.form !== "role" && (agreed < 1.1 || (!overlaps(old.names, now.names) && !now.changes))) return 0
      return agreed
    }
    case "place": {
      if (now.place === undefined || old.place === undefined || (now.form !== undefined && now.form !== "place"))
        return 0
      if (!now.place.sure && !now.changes && !overlaps(now.place.stems, old.place.stems)) return 0
      return agreement(old.place.subject, now.place.subject, alike(old, now), vocabulary)
    }
    case "state": {
      if (now.form !== undefined && now.form !== "state") return 0
      if (old.form !== undefined && old.form !== "state") return 0
      const about = old.state ?? stateAs(old, now)
      const told = now.state ?? stateAs(now, old)
      if (about === undefined || told === undefined || !same(about.about, told.about)) return 0
      if (about.about.name && !(about.sure && told.sure)) return 0
      return 1
    }
  }
}
