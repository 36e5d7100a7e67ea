import { Equal, Option } from "effect"
import { type Candidate, candidates, parse, mapLast } from "./Json.ts"
import { items, records, settled } from "./Lines.ts"
import { plain } from "./Scalar.ts"
import { gap, isRecord, Schema, type Shape } from "./Schema.ts"
import { decoded, lined, visible } from "./Text.ts"
import { distinct, type Reading, single } from "./Words.ts"

// Members of an envelope that show something else than the answer.
const aside =
  /^(?:draft|firstdraft|examples?|schema|properties|alternatives?|previous|before|initial|old|thoughts?|thinking|reason(?:ing|s)?|errors?|rejected|options?)$/
const answerTag = /<(answer|final_answer|final|result|output|response)>/gi

// What models say where they take back a value, show an example, or offer another.
const correction =
  /\b(?:actually|wait|correction|scratch that|on (?:second thought|reflection)|i meant|my mistake|let me (?:correct|revise|reconsider)|changed? my mind|settled on)\b/i
const example =
  /\b(?:(?:for example|for instance|e\.g\.)\b[^.!?\n]{0,40}|format (?:would|should|is|will)(?: be)?\s*:?|(?:would|could|might) look like:?|(?:considered|thought (?:of|about)):?)\s*["'`(]?$/i
const alternative =
  /\b(?:or(?! rather\b)|alternatively|otherwise|possibly|perhaps|maybe|(?:another|second) (?:option|possibility|answer))\b[^.!?\n{}[\]]{0,40}[\s`~:,"'(]*(?:json\s*)?$/i
const offers = /\b(?:option|alternative|variant|candidate|choice|version)\s*(?:#?\d|[A-C]\b)|^(?:or|alternatively)\b/im

// What is longer is another document, not an answer in words.
const longest = 50_000

/** Reads replies for a value of one schema. */
export class Reply {
  readonly #schema: Schema
  readonly #own: ReadonlySet<string>

  constructor(shape: Shape) {
    this.#schema = new Schema(shape)
    this.#own = new Set([...this.#schema.properties().keys()].map(plain))
  }

  read(reply: string): Option.Option<unknown> {
    const strict = parse(reply)
    const whole = Option.isSome(strict) ? this.#unwrap(strict.value) : undefined
    return whole ?? this.#readText(visible(reply, this.#own)) ?? Option.none()
  }

  #readText(text: string): Reading {
    const tag = [...text.matchAll(answerTag)].findLast(([, name]) => !this.#own.has(plain(name!)))
    if (tag !== undefined) return this.#readText(text.slice(tag.index + tag[0].length).split(`</${tag[1]}>`)[0]!)
    const unescaped = text.replaceAll("\\n", " ").replaceAll('\\"', '"')
    const forms = [
      text,
      ...(/[{[]\s*\\["n]/.test(text) ? [unescaped] : []),
      ...(/&(?:quot|#34);/i.test(text) ? [decoded(text)] : [])
    ]
    const found = forms.map((form) => this.#bracketed(form)).find((reading) => reading !== undefined)
    return found ?? (text.length > longest ? undefined : this.#words(text))
  }

  /** Looks for a value of the schema in a value and in what it wraps: envelopes, lists of one, JSON in a string. */
  #unwrap(value: unknown, depth = 10): Reading {
    const whole = this.#schema.match(value)
    if (Option.isSome(whole) || depth === 0) return whole
    if (typeof value === "string") {
      const inner = parse(value.replace(/^[^]*```\w*\n([^]*?)```[^]*$/, "$1"))
      return Option.isSome(inner) ? this.#unwrap(inner.value, depth - 1) : undefined
    }
    if (typeof value !== "object" || value === null) return undefined
    const members = Object.entries(value).filter(([key]) => !aside.test(plain(key)))
    const inside = distinct(
      members.map(([, member]) => (typeof member === "number" ? undefined : this.#unwrap(member, depth - 1)))
    )
    return inside ?? (this.#schema.speaks(value) ? Option.none() : undefined)
  }

  #bracketed(text: string): Reading {
    const all = candidates(text)
    if (all === undefined) return Option.none()
    const isList = this.#schema.isOf("array")
    if (isList && areLines(all, text)) return this.#schema.match(all.map(({ value }) => value))
    const found = all
      .filter(
        (one) => !example.test(text.slice(Math.max(0, one.start - 80), one.start)) && !(isList && isMark(one, text))
      )
      .map((one) => ({ ...one, reading: this.#unwrap(this.#settled(one)) }))
      .filter(({ reading }) => reading !== undefined)
    const [before, last] = [found.at(-2), found.at(-1)]
    if (last === undefined) return undefined
    const between = text.slice(Math.max(before?.end ?? 0, last.start - 200), last.start)
    const isOffer = offers.test(text) || (alternative.test(between) && !correction.test(between))
    if (before !== undefined && isOffer) return distinct(found.map(({ reading }) => reading))
    return this.#corrected(last.reading, text.slice(last.end))
  }

  /** A candidate's value; its last number is dropped if the text may have ended inside it. */
  #settled({ tail, value }: Candidate): unknown {
    if (tail === undefined) return value
    const fits = (last: number) => Option.exists(this.#unwrap(mapLast(value, () => last)) ?? Option.none(), () => true)
    const grows = [..."0123456789", ".5"].some((digit) => fits(Number(tail + digit)))
    // Without bounds, a bracket that is missing behind the last of several members is likelier than a cut.
    const [key, last] = Object.entries(value as object).at(-1) ?? [""]
    const names = [...this.#own]
    const isLast =
      names.length > 1 &&
      this.#schema.forms()[0]?.required?.includes(key) &&
      names.at(-1) === plain(key) &&
      typeof last === "number"
    return !grows || (isLast && fits(123_456_789) && fits(-123_456_789)) ? value : mapLast(value, () => gap)
  }

  /** What a text goes on to say after a value: another one, a doubt, or nothing of weight. */
  #corrected(found: Reading, tail: string): Reading {
    const taken = tail.length > longest ? null : correction.exec(tail)
    return taken === null ? found : (this.#words(tail.slice(taken.index)) ?? Option.none())
  }

  #words(text: string): Reading {
    const schema = this.#schema
    const objects = (candidates(text) ?? []).filter(({ start }) => text[start] === "{")
    const bare = lined(
      objects.reduceRight((rest, { end, start }) => rest.slice(0, start) + rest.slice(end), text),
      this.#own
    )
    const each = schema.items()
    const isTable = each !== undefined && schema.properties(each).size > 0
    const list = isTable ? records(bare, schema, each) : schema.isOf("array") ? items(bare, true) : []
    if (schema.isOf("array")) return list === undefined || Equal.equals(list, []) ? undefined : schema.match(list)
    const drafts = records(bare, schema)
    const found = drafts.map((draft) => schema.match(draft))
    const isOffer = drafts.length > 1 && (offers.test(bare) || !settled.test(bare))
    if (found.some(Option.isSome)) return isOffer ? Option.none() : found.at(-1)
    const [property, ...others] = schema.properties()
    if (others.length > 0) return undefined
    if (property === undefined) return single(bare, schema, schema.root, "")
    const value = single(bare, schema, property[1], property[0])
    return value && Option.flatMap(value, (one) => schema.match({ [property[0]]: one }))
  }
}

/** Whether objects stand one below the other: they are a list. */
const areLines = (all: ReadonlyArray<Candidate>, text: string): boolean =>
  all.length > 1 &&
  all.every(
    ({ end, value }, index) => isRecord(value) && /^[\s,]*$/.test(text.slice(end, all[index + 1]?.start ?? end))
  )

/** Whether square brackets hold a mark or a link, as they do in prose, and no list. */
const isMark = ({ start, value }: Candidate, text: string): boolean =>
  Array.isArray(value) &&
  !/^\[\s*["'“{[\d-]/.test(text.slice(start, start + 40)) &&
  !/^\s*(?:```\w*\s*)?\[[^[\]]*\]\s*(?:```\s*)?$/.test(text)
