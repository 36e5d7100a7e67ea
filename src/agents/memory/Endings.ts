import { bit } from "./Aspect.ts"
import type { Fact } from "./Fact.ts"
import { type Facts, opposite } from "./Facts.ts"
import type { Reading } from "./Reading.ts"
import { overlaps, within } from "./Sets.ts"
import { binding } from "./Weight.ts"

const repeal =
  /\b(?:revoked?|repealed?|rescinded|abolished|annulled|withdrawn|scrapped|lifted|waived|overturned|dropped|cancel+ed|suspended|ended|expired|lapsed|void|no longer (?:applies|apply|holds?|stands?|binds?|in force|valid)|does not (?:apply|hold) any ?more)\b/i
const ruling =
  /\b(?:rules?|laws?|bans?|orders?|polic(?:y|ies)|regulations?|restrictions?|prohibitions?|embargo|curfew|limits?|caps?|decrees?|guidelines?|duty|obligation)\b/gi

/** Words that tell that a rule ends, and not which. */
const spent = new Set(
  `revok repeal rescind abolish annul withdraw withdrawn scrap lift waiv waive overturn drop cancel suspend end expir expire laps
  lapse void longer apply appli hold stand bind force valid rule law ban order policy polici regulation restriction prohibition
  embargo curfew limit cap decre decree guideline duty obligation never must`.split(/\s+/)
)

/** The rule that a statement revokes, as the words and numbers that name it; none if it goes on to tell another. */
const revoked = ({ frame, spots, text, values }: Reading): ReadonlySet<string> | undefined => {
  if (frame !== "now" || values.length > 0 || !repeal.test(text) || /[,;:]/.test(text)) return undefined
  ruling.lastIndex = 0
  if (!ruling.test(text)) return undefined
  const named = new Set(spots.map(({ stem }) => stem).filter((stem) => !spent.has(stem)))
  return named.size === 0 ? undefined : named
}

const isRule = ({ aspects, text }: Reading) => (aspects & bit.rule) !== 0 || binding.test(text)

/** What somebody does in a place as a rule: "Ann works at the mill". */
const dwells = /^(?:[\p{L}'’-]+ ){1,4}?\p{L}+s (?:now )?(?:at|in|for|near|on) /u
const moves = /\b(?:moved|transferred|switched|relocated|gone over) (?:\p{L}+ ){0,3}?to\b|\bnow\b/u

/** The words for whoever is told to be in a place. */
const whoever = ({ place, spots }: Reading): ReadonlySet<string> =>
  new Set(
    spots
      .filter(({ kind, stem }) => (kind === "content" || kind === "name") && place?.stems.has(stem) !== true)
      .map(({ stem }) => stem)
  )

/** Whether whoever was told to do something in one place is now told to have gone to another. */
const leaves = (now: Reading, old: Reading): boolean => {
  if (old.frame !== "now" || old.form !== undefined || now.place === undefined || old.place === undefined) return false
  if (overlaps(now.place.stems, old.place.stems) || !dwells.test(old.text)) return false
  const who = whoever(now)
  const whom = whoever(old)
  // The one word more is what they do.
  return who.size > 0 && within(who, whom) && whom.size <= who.size + 1
}

/** Drops what a new statement ends without an answer of its own: what it denies word for word, a rule it revokes, where someone was. */
export const end = (by: Fact, facts: Facts): void => {
  const { reading } = by
  if (reading.frame !== "now") return
  const denied = facts.at(opposite(by.signature))
  if (denied !== undefined) for (const fact of denied.slot?.facts ?? [denied]) facts.drop(fact)
  const rule = revoked(reading)
  if (rule !== undefined) {
    for (const old of facts.near(by)) {
      const { spots, stems } = old.reading
      const has = (word: string) => stems.has(word) || spots.some(({ stem }) => stem === word)
      if (isRule(old.reading) && [...rule].every(has)) facts.drop(old)
    }
  }
  if (reading.place === undefined || !moves.test(reading.text)) return
  for (const old of facts.near(by)) if (leaves(reading, old.reading)) facts.drop(old)
}
