import { bit } from "./Aspect.ts"
import type { Reading } from "./Reading.ts"
import * as Chunks from "./reading/Chunks.ts"
import * as Form from "./reading/Form.ts"
import * as Names from "./reading/Names.ts"
import * as Parts from "./reading/Parts.ts"
import * as Place from "./reading/Place.ts"
import * as Spots from "./reading/Spots.ts"
import * as State from "./reading/State.ts"
import type { Token, Value } from "./reading/Token.ts"
import type { Piece } from "./Piece.ts"
import type { Vocabulary } from "./Vocabulary.ts"

const tokens = /\d+(?:[.,:]\d+)*|\p{L}[\p{L}\p{N}]*(?:[_.-]?[\p{L}\p{N}]+)*(?:['’](?!s\b)\p{L}+)?/gu
const clock = /^\d{1,2}:\d{2}$/
const speaker = /^((?:\p{Lu}[\p{L}'’-]*)(?: (?:\p{Ll}{1,3} )?\p{Lu}[\p{L}'’-]*){0,2})(?: [\p{Ll} ]{1,20})?: ?["“]/u
const limits = /\b(?:no|not) (?:more|less|fewer|longer|later|earlier) than\b|\bat (?:most|least)\b/i
const takes =
  /\b(?:take|takes|took|taken|taking)\b.{0,40}\b(?:over|charge|up)\b|\blook(?:s|ed|ing)? after\b|\bstep(?:s|ped)? (?:in|into|up)\b|\b(?:pass|passes|passed|hand|hands|handed)\b.{0,40}\b(?:to|on|over)\b|\bin (?:the|good) hands of\b|\btakes? care of\b/i
/** A deed of whoever remembers begins with its verb. */
const deed =
  /^(?:(?!Need|Speed|Feed|Seed|Red\b)\p{Lu}\p{Ll}+ed|Took|Sold|Bought|Cut|Swept|Lost|Gave|Met|Ran|Made|Paid|Got|Went|Came|Felt|Heard|Ate|Drank|Slept|Woke|Wrote|Sat|Stood|Drove|Rode|Fell|Hid|Dug|Built|Sent|Spent|Spoke|Told|Caught|Threw|Broke|Wore|Drew|Sang|Rang|Fed)\b/u
const lasting = bit.price | bit.debt | bit.promise | bit.measure | bit.code | bit.lesson | bit.rule
const rests = /^(?:left|remaining|available|free|total|due|outstanding|more|each|apiece)$/
const firstPerson = /\b(?:i|i'm|i'll|i've|me|my|mine|we|we're|we'll|our|us)\b/i
const oldBefore =
  /(?:\b(?:instead of|rather than|in place of|no longer(?: \w+){0,5}|not(?: (?:from|at|by|in|under))?|was|were|before:|previously|formerly|used to be|until now|yesterday it was|up from|down from|forget|replac(?:es|ed|ing)|supersed(?:es|ed|ing))|\(old:?)\W*(?:the |at |a )?$/i
const oldAfter =
  /^(?: (?:for|on|of)(?: \w+){1,4})?\W*(?:is|was|has|have)?\s*(?:now )?(?:void|expired|no longer|obsolete|repealed|superseded|any ?more|\(old\))/i
const speculation = /\b(?:maybe|perhaps|might|could ask|some day|someday|wonder|wonders|whether anyone|rumour|rumor)\b/i

/** Reads one statement. */
export const read = (piece: Piece, vocabulary: Vocabulary): Reading => {
  const { key, text } = piece
  const said = speaker.exec(text)
  // Whoever is quoted is no subject, unless the words are about the speaker.
  const quoted = said !== null && !firstPerson.test(text.slice(said[0].length)) ? said[1]!.length : 0
  const list: Array<Token> = []
  for (const match of text.matchAll(tokens)) {
    const raw = match[0]
    const start = match.index
    const first = raw.charCodeAt(0)
    const digit = first >= 48 && first <= 57
    const kind = digit
      ? clock.test(raw)
        ? "clock"
        : "number"
      : /\d/.test(raw) && /^[\p{Lu}\d-]+$/u.test(raw)
        ? "code"
        : "word"
    const word = vocabulary.get(raw)
    word.met++
    list.push({ word, raw, start, end: start + raw.length, kind, name: false, part: false, dated: false })
  }
  Names.mark(list, text)
  if (key === undefined) Parts.mark(list, text, vocabulary)
  const values: Array<Value> = []
  const olds = new Set<string>()
  const units = new Set<Token>()
  let aspects =
    (limits.test(text) ? bit.rule : 0) | (takes.test(text) ? bit.role : 0) | (/\bon hand\b/i.test(text) ? bit.count : 0)
  let changes = false
  list.forEach((token, i) => {
    if (token.kind === "word") {
      if (token.start >= quoted && !token.name) aspects |= token.word.told
      if (token.word.change) changes = true
      return
    }
    if (token.part || token.dated || /^\s*\p{L}{1,7} ago\b/u.test(text.slice(token.end, token.end + 14))) return
    const next = list[i + 1]
    const before = list[i - 1]
    const glued = next !== undefined && text.slice(token.end, next.start).trim() === ""
    const unit =
      glued &&
      next.kind === "word" &&
      !next.word.function &&
      !next.word.time &&
      !next.word.change &&
      !next.word.repeat &&
      !next.name &&
      !rests.test(next.word.lower)
        ? next
        : undefined
    const after = list[i + 2]
    const ends =
      after === undefined ||
      after.kind !== "word" ||
      after.word.function ||
      rests.test(after.word.lower) ||
      text.slice(next!.end, after.start) !== " "
    if (unit !== undefined && ends && ++unit.word.counted > 1 && unit.word.counted > unit.word.met * 0.6)
      units.add(unit)
    const sign = /[$€£¥%]/.exec(
      text.slice(Math.max(0, token.start - 1), token.start) + text.slice(token.end, token.end + 1)
    )
    const head = text.slice(Math.max(0, token.start - 40), token.start)
    const tail = text.slice(token.end, token.end + 40)
    const old =
      /^\W*(?:\p{L}+ ){1,3}(?:to|into) \W*\d/u.test(tail) ||
      (/\bfrom\W*$/i.test(head) && /^[^.;]{0,24}\b(?:to|up to|down to)\b/.test(tail)) ||
      /^\s*(?:->|=>|→)\s*[\d$]/.test(tail) ||
      oldBefore.test(head) ||
      oldAfter.test(tail)
    if (old) olds.add(token.raw)
    else {
      values.push({
        kind: token.kind,
        text: token.raw,
        unit: sign?.[0] ?? (unit !== undefined && ends ? unit.word.stem : ""),
        label: before?.kind === "word" ? before.word.stem : ""
      })
    }
  })
  const names = new Set<string>()
  const voice = new Set<string>()
  const persons = new Set<string>()
  const days = new Set<string>()
  const stems = new Set<string>()
  for (const { dated, kind, name, raw, start, word } of list) {
    if (dated) days.add(raw)
    if (dated || kind === "number" || kind === "clock") continue
    if (word.function) continue
    if (word.time && !name) {
      if (word.day) days.add(word.stem)
      continue
    }
    stems.add(word.stem)
    if (!name) continue
    ;(start >= quoted ? names : voice).add(word.stem)
    if (word.sited < 0.4 * word.named) persons.add(word.stem)
  }
  const own = list.filter(({ start }) => start >= quoted)
  const inKey = new Set(key?.match(tokens) ?? [])
  const about = key === undefined ? own : own.filter(({ raw }) => inKey.has(raw))
  const chunks = Chunks.of(about, text, units)
  const is = State.of(own, text, chunks, vocabulary)
  const spots = Spots.of(about, text, units)
  spots.forEach(({ glued, kind, left, right, stem }, i) => {
    if (kind === "content") vocabulary.meet(stem, left, right)
    const before = spots[i - 1]
    if (glued && before !== undefined) vocabulary.meet(`${before.stem} ${stem}`, before.left, right)
    if (key !== undefined) vocabulary.head(glued && before !== undefined ? `${before.stem} ${stem}` : stem)
  })
  const labels = new Set<string>()
  if (key !== undefined)
    for (const { kind, raw, word } of own)
      if (kind === "word" && !word.function && !inKey.has(raw)) labels.add(word.stem)
  const reading = {
    text,
    key: key?.toLowerCase().replace(/^(?:the|a|an) /, ""),
    labels,
    names,
    voice,
    persons,
    spots,
    words: new Set(own.filter(({ kind }) => kind === "word").map(({ word }) => word.lower)),
    values,
    olds,
    days,
    place: Place.of(own, text, aspects, is?.about.name === true),
    state: is,
    aspects,
    stems,
    changes,
    question: /\?["')\]]*$/.test(text),
    speculative: speculation.test(text),
    event: deed.test(text) && list[0]?.name !== true && (aspects & lasting) === 0
  }
  return { ...reading, form: Form.of(reading) }
}
