import { soughtBy, toldBy } from "./Aspect.ts"
import {
  changeWords,
  commonWords,
  conditions,
  copulas,
  dayWords,
  determiners,
  functionWords,
  locating,
  repeatWords,
  stateWords,
  timeWords
} from "./English.ts"
import { stem } from "./Stem.ts"

/** What is known of a word wherever it stands. */
export interface Word {
  readonly lower: string
  readonly stem: string
  readonly function: boolean
  readonly common: boolean
  readonly time: boolean
  readonly day: boolean
  readonly repeat: boolean
  readonly determiner: boolean
  readonly copula: boolean
  readonly locates: boolean
  readonly state: boolean
  readonly change: boolean
  readonly condition: boolean
  readonly told: number
  readonly sought: number
  /** How often it stood with a capital where small letters stand. */
  named: number
  /** How often it was named as a place is: at, in or near it. */
  sited: number
  /** How often it stood in small letters. */
  small: number
  /** How often it stood right after a number. */
  counted: number
  /** How often it was met. */
  met: number
}

/** A word in small letters, of which nothing was met yet. */
export const make = (lower: string): Word => ({
  lower,
  stem: stem(lower),
  function: functionWords.has(lower),
  common: commonWords.has(lower),
  time: timeWords.has(lower),
  day: dayWords.has(lower),
  repeat: repeatWords.has(lower),
  determiner: determiners.has(lower),
  copula: copulas.has(lower),
  locates: locating.has(lower),
  state: stateWords.has(lower),
  change: changeWords.has(lower),
  condition: conditions.has(lower),
  told: toldBy(lower),
  sought: soughtBy.get(lower) ?? 0,
  named: 0,
  sited: 0,
  small: 0,
  counted: 0,
  met: 0
})
