import { bit } from "./Aspect.ts"
import type { Reading } from "./Reading.ts"
import * as Chunks from "./reading/Chunks.ts"
import * as Form from "./reading/Form.ts"
import * as Frame from "./reading/Frame.ts"
import * as Names from "./reading/Names.ts"
import * as Parts from "./reading/Parts.ts"
import * as Place from "./reading/Place.ts"
import * as Spots from "./reading/Spots.ts"
import * as State from "./reading/State.ts"
import { pattern, tokens } from "./reading/Token.ts"
import * as Values from "./reading/Values.ts"
import type { Piece } from "./Piece.ts"
import { none, plus } from "./Sets.ts"
import type { Vocabulary } from "./Vocabulary.ts"

const speaker = /^((?:\p{Lu}[\p{L}'’-]*)(?: (?:\p{Ll}{1,3} )?\p{Lu}[\p{L}'’-]*){0,2})(?: [\p{Ll} ]{1,20})?: ?["“]/u
const limits = /\b(?:no|not) (?:more|less|fewer|longer|later|earlier) than\b|\bat (?:most|least)\b/i
const takes =
  /\b(?:take|takes|took|taken|taking)\b.{0,40}\b(?:over|charge|up)\b|\blook(?:s|ed|ing)? after\b|\bstep(?:s|ped)? (?:in|into|up)\b|\b(?:pass|passes|passed|hand|hands|handed)\b.{0,40}\b(?:to|on|over)\b|\bin (?:the|good) hands of\b|\btakes? care of\b/i
/** A deed of whoever remembers begins with its verb. */
const deed =
  /^(?:(?!Need|Speed|Feed|Seed|Red\b)\p{Lu}\p{Ll}+ed|Took|Sold|Bought|Cut|Swept|Lost|Gave|Met|Ran|Made|Paid|Got|Went|Came|Felt|Heard|Ate|Drank|Slept|Woke|Wrote|Sat|Stood|Drove|Rode|Fell|Hid|Dug|Built|Sent|Spent|Spoke|Told|Caught|Threw|Broke|Wore|Drew|Sang|Rang|Fed)\b/u
const lasting = bit.price | bit.debt | bit.promise | bit.measure | bit.code | bit.lesson | bit.rule
const firstPerson = /\b(?:i|i'm|i'll|i've|me|my|mine|we|we're|we'll|our|us)\b/i

/** Reads one statement. */
export const read = (piece: Piece, vocabulary: Vocabulary): Reading => {
  const { key, text } = piece
  const said = speaker.exec(text)
  // Whoever is quoted is no subject, unless the words are about the speaker.
  const quoted = said !== null && !firstPerson.test(text.slice(said[0].length)) ? said[1]!.length : 0
  const list = tokens(text, vocabulary)
  Names.mark(list, text)
  if (key === undefined) Parts.mark(list, text, vocabulary)
  const { olds, units, values } = Values.of(list, text)
  let aspects =
    (limits.test(text) ? bit.rule : 0) | (takes.test(text) ? bit.role : 0) | (/\bon hand\b/i.test(text) ? bit.count : 0)
  let changes = false
  let names = none
  let voice = none
  let persons = none
  let days = none
  const stems = new Set<string>()
  const words = new Set<string>()
  for (const { dated, kind, name, raw, start, word } of list) {
    const own = start >= quoted
    if (kind === "word") {
      if (own) words.add(word.lower)
      if (own && !name) aspects |= word.told
      if (word.change) changes = true
    }
    if (dated) days = plus(days, raw)
    if (dated || kind === "number" || kind === "clock" || word.function) continue
    if (word.time && !name) {
      if (word.day) days = plus(days, word.stem)
      continue
    }
    stems.add(word.stem)
    if (!name) continue
    if (own) names = plus(names, word.stem)
    else voice = plus(voice, word.stem)
    if (word.sited < 0.4 * word.named) persons = plus(persons, word.stem)
  }
  const own = quoted === 0 ? list : list.filter(({ start }) => start >= quoted)
  const inKey = new Set(key?.match(pattern) ?? [])
  const about = key === undefined ? own : own.filter(({ raw }) => inKey.has(raw))
  const is = State.of(own, text, () => Chunks.of(about, text, units), vocabulary)
  const spots = Spots.of(about, text, units)
  spots.forEach(({ kind, left, pair, right, stem }, i) => {
    if (kind === "content") vocabulary.meet(stem, left, right)
    if (pair !== undefined) vocabulary.meet(pair, spots[i - 1]!.left, right)
    if (key !== undefined) vocabulary.head(pair ?? stem)
  })
  let labels = none
  if (key !== undefined)
    for (const { kind, raw, word } of own)
      if (kind === "word" && !word.function && !inKey.has(raw)) labels = plus(labels, word.stem)
  const question = /\?["')\]]*$/.test(text)
  const reading = {
    text,
    key: key?.toLowerCase().replace(/^(?:the|a|an) /, ""),
    labels,
    names,
    voice,
    persons,
    spots,
    things: names.size + voice.size === 0 ? spots : spots.filter(({ kind }) => kind !== "name"),
    words,
    values,
    olds,
    days,
    place: Place.of(own, text, spots, aspects, is?.about.name === true),
    state: is,
    aspects,
    stems,
    changes,
    question,
    frame: Frame.of({ text, aspects, question, values, olds, days }),
    negates: Frame.negates(text),
    denies: key === undefined && Frame.denies(text),
    event: (aspects & lasting) === 0 && list[0]?.name !== true && deed.test(text)
  }
  return { ...reading, form: Form.of(reading) }
}
