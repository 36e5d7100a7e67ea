import { Data, Effect, Option, Schema } from "effect"
import { type Candidate, candidates, parse, unescape, withLast } from "./extract/Json.ts"
import { propertiesOf, records, rows } from "./extract/Records.ts"
import { plain } from "./extract/Scalar.ts"
import { gap, isRecord, Schema as JsonSchema, type Shape } from "./extract/Schema.ts"
import { decoded, lined, visible } from "./extract/Text.ts"
import { distinct, items, type Reading, single } from "./extract/Words.ts"

export type { Shape } from "./extract/Schema.ts"

/** The reply holds no value of the schema, or leaves a doubt which it is. */
export class NoValue extends Data.TaggedError("NoValue")<{
  /** The reply as the model gave it. */
  readonly reply: string
}> {
  override get message(): string {
    return "The reply holds no value of the schema, or leaves a doubt which it is."
  }
}

const aside =
  /^(?:draft|firstdraft|examples?|schema|properties|alternatives?|previous|before|initial|old|thoughts?|thinking|reason(?:ing|s)?|errors?|rejected|options?)$/
const answer = /^(?:answer|finalanswer|final|results?|value|output|response|data|arguments|parameters)$/
const correction =
  /\b(?:actually|wait|correction|scratch that|on (?:second thought|reflection)|i meant|my mistake|let me (?:correct|revise|reconsider)|changed? my mind)\b\s*[,.:;!—–-]|\b(?:scratch that|i meant)\b/i
const replacement =
  /\b(?:settled? (?:on|for)|make (?:it|that)|should be|chang(?:e|ed|ing) (?:it |this )?to|go(?:ing)? with|instead|final(?:ly)? (?:rating|answer|score|decision|value))\b/i
const example =
  /\b(?:(?:for example|for instance|e\.g\.)\b[^.!?\n]{0,40}|format (?:would|should|is|will)(?: be)?\s*:?|(?:would|could|might) look like:?|(?:considered|thought (?:of|about)):?)\s*["'`(]?$/i
const alternative =
  /\b(?:or(?! rather\b)|alternatively|otherwise|possibly|perhaps|maybe|(?:another|second) (?:option|possibility|answer))\b[^.!?\n{}[\]]{0,40}[\s`~:,"'(]*(?:json\s*)?$/i
const offers = /\b(?:option|alternative|variant|candidate|choice|version)\s*(?:#?\d|[A-C]\b)/i
const answerTag = /<(answer|final_answer|final|result|output|response)>/gi

// What is longer is another document, not an answer in words.
const longest = 50_000

class Extraction {
  readonly #schema: JsonSchema
  readonly #own: ReadonlySet<string>

  constructor(shape: Shape) {
    this.#schema = new JsonSchema(shape)
    this.#own = new Set([...propertiesOf(this.#schema, this.#schema.root).keys()].map(plain))
  }

  from(reply: string): Option.Option<unknown> {
    const strict = parse(reply)
    const whole = Option.isSome(strict) ? this.#unwrap(strict.value) : undefined
    return whole ?? this.#read(visible(reply, this.#own)) ?? Option.none()
  }

  #read(text: string): Reading {
    const tag = [...text.matchAll(answerTag)].findLast(([, name]) => !this.#own.has(plain(name!)))
    if (tag !== undefined) return this.#read(text.slice(tag.index + tag[0].length).split(`</${tag[1]}>`)[0]!)
    const whole = parse(text.trim())
    if (Option.isSome(whole) && typeof whole.value === "string" && whole.value !== text) return this.#read(whole.value)
    return (
      this.#bracketed(text) ??
      (/[{[,]\s*\\+["n]/.test(text) ? this.#bracketed(unescape(text)) : undefined) ??
      (/&(?:quot|#34|#x22);/i.test(text) ? this.#bracketed(decoded(text)) : undefined) ??
      (text.length > longest ? undefined : this.#words(text))
    )
  }

  /** Looks for a value of the schema in a value and in what it wraps: envelopes, lists of one, JSON in a string. */
  #unwrap(value: unknown, depth = 10): Reading {
    if (typeof value === "string") {
      const text = value.replace(/^[^]*```\w*\n([^]*?)```[^]*$/, "$1")
      const inner = depth > 0 && /^\s*["[{]/.test(text) ? parse(text) : Option.none()
      return Option.isSome(inner) ? this.#unwrap(inner.value, depth - 1) : undefined
    }
    if (typeof value !== "object" || value === null) return undefined
    const whole = this.#schema.match(value)
    if (Option.isSome(whole) || depth === 0) return whole
    return this.#inside(value, depth - 1) ?? (this.#schema.speaks(value) ? Option.none() : undefined)
  }

  #inside(value: object, depth: number): Reading {
    if (Array.isArray(value)) return distinct(value.map((item) => this.#unwrap(item, depth)))
    const members = Object.entries(value).filter(([key]) => !aside.test(plain(key)))
    const named = members.filter(([key]) => answer.test(plain(key)))
    const found =
      distinct(named.map(([, member]) => this.#unwrap(member, depth))) ??
      distinct(members.map(([, member]) => this.#unwrap(member, depth)))
    if (found !== undefined) return found
    // A single answer under a name that says no more than that it is one.
    const [property, ...others] = this.#own.size === 1 ? [...propertiesOf(this.#schema, this.#schema.root).keys()] : []
    const [only, ...more] = named.filter(([, member]) => !isRecord(member))
    if (only === undefined || more.length > 0 || others.length > 0) return undefined
    const match = this.#schema.match(property === undefined ? only[1] : { [property]: only[1] })
    return Option.isSome(match) ? match : undefined
  }

  #bracketed(text: string): Reading {
    const all = candidates(text)
    if (all === undefined) return Option.none()
    const lists = this.#schema.forms().every(({ types }) => types.includes("array"))
    const found = all
      .filter(
        (one) =>
          !example.test(text.slice(Math.max(0, one.start - 80), one.start)) &&
          !(lists && one.loose && !isAlone(text, one))
      )
      .map((one) => ({ ...one, reading: this.#unwrap(this.#settled(one)) }))
      .filter(({ reading }) => reading !== undefined)
    const listed = lists ? this.#listed(text, all) : undefined
    if (listed !== undefined) return listed
    const last = found.at(-1)
    if (last === undefined) return undefined
    const before = found.at(-2)
    if (before !== undefined && distinct(found.map(({ reading }) => reading)) === undefined) return undefined
    const differ = before !== undefined && Option.isNone(distinct(found.map(({ reading }) => reading))!)
    const between = text.slice(Math.max(before?.end ?? 0, last.start - 200), last.start)
    if (differ && (offers.test(text) || (alternative.test(between) && !correction.test(between)))) return Option.none()
    return this.#corrected(last.reading, text.slice(last.end))
  }

  /** A value whose last number is dropped if the text may have ended inside it. */
  #settled({ tail, value }: Candidate): unknown {
    if (tail === undefined) return value
    const fits = (last: number) => Option.exists(this.#unwrap(withLast(value, last)) ?? Option.none(), () => true)
    const grows =
      [..."0123456789"].some((digit) => fits(Number(tail + digit))) ||
      (!tail.includes(".") && fits(Number(`${tail}.5`)))
    const [form] = this.#schema.forms()
    const required = form?.required ?? []
    const key = plain(isRecord(value) ? (Object.keys(value).at(-1) ?? "") : "")
    const isLast =
      required.length > 1 && plain([...form!.properties.keys()].at(-1) ?? "") === key && this.#schema.speaks(value)
    const free = fits(123_456_789) && fits(-123_456_789)
    return !grows || (free && isLast && typeof Object.values(value as object).at(-1) === "number")
      ? value
      : withLast(value, gap)
  }

  /** Objects one below the other are a list of them. */
  #listed(text: string, all: ReadonlyArray<Candidate>): Reading {
    const apart = all.every(
      ({ end }, index) =>
        index === all.length - 1 ||
        text
          .slice(end, all[index + 1]!.start)
          .trim()
          .replace(",", "") === ""
    )
    const isList = all.length > 1 && apart && all.every(({ value }) => isRecord(value))
    return isList ? this.#schema.match(all.map((one) => one.value)) : undefined
  }

  /** What a text goes on to say after a value: another one, a doubt, or nothing of weight. */
  #corrected(found: Reading, tail: string): Reading {
    if (found === undefined || Option.isNone(found) || tail.length > longest) return found
    const taken = correction.exec(tail)
    const replaced = taken ?? replacement.exec(tail)
    if (replaced === null) return found
    const other = this.#words(tail.slice(replaced.index))
    return other !== undefined && Option.isSome(other) ? other : taken === null ? found : Option.none()
  }

  #words(text: string): Reading {
    const bare = lined(
      (candidates(text) ?? []).reduceRight(
        (rest, { end, start }) => (text[start] === "{" ? rest.slice(0, start) + rest.slice(end) : rest),
        text
      ),
      this.#own
    )
    const schema = this.#schema
    const form = schema.forms()[0]
    if (form?.items !== undefined) {
      const table = propertiesOf(schema, form.items).size > 0 ? rows(bare, schema, form.items) : undefined
      return table === undefined ? items(bare, schema) : schema.match(table)
    }
    const table = rows(bare, schema, schema.root)
    if (table !== undefined) return table.length === 1 ? schema.match(table[0]) : Option.none()
    return this.#drafted(bare) ?? this.#single(bare)
  }

  #drafted(text: string): Reading {
    const drafts = records(text, this.#schema)
    const last = drafts.at(-1)
    if (last === undefined) return undefined
    const found = this.#schema.match(last)
    if (Option.isSome(found))
      return /^(?:or|alternatively)\b(?:.{0,30}[:=].*|[,:]?)$/im.test(text) || (drafts.length > 1 && offersOf(text))
        ? Option.none()
        : found
    return drafts.some((draft) => Option.isSome(this.#schema.match(draft))) ? Option.none() : undefined
  }

  #single(text: string): Reading {
    const properties = [...propertiesOf(this.#schema, this.#schema.root)]
    const [property, ...others] = properties
    if (others.length > 0) return undefined
    if (property === undefined) return single(text, this.#schema, this.#schema.root, "")
    const [name, node] = property
    const value = single(text, this.#schema, node, name)
    return value === undefined ? undefined : Option.flatMap(value, (one) => this.#schema.match({ [name]: one }))
  }
}

/** Whether each line of a list is an answer of its own. */
const offersOf = (text: string): boolean =>
  text.split("\n").filter((line) => /^\s*(?:[-*+•]|\d+[.)])\s.*[:=].*[:=]/.test(line)).length > 1

/** Square brackets in prose hold marks and links more often than lists. */
const isAlone = (text: string, { end, start }: Candidate): boolean =>
  /(?:^|\n)\s*(?:[\w *]{1,40}[:=]\s*)?$/.test(text.slice(Math.max(0, start - 60), start)) &&
  /^\s*(?:\n|$)/.test(text.slice(end, end + 60))

const known = new WeakMap<Shape, Extraction>()

/**
 * Takes the value that a JSON Schema asks for out of a model's reply, without asking again. None if the reply has none,
 * breaks off before it, or leaves a doubt which it is: a wrong value is worse than none. Of several the last counts, and
 * what stands in a block of thinking does not. Where the schema names properties, only these are taken over.
 */
export const from = (reply: string, shape: Shape): Option.Option<unknown> => {
  const extraction = known.get(shape) ?? new Extraction(shape)
  known.set(shape, extraction)
  return extraction.from(reply)
}

/** Takes a value of an Effect schema out of a reply, by the JSON form of the schema. Fails with `NoValue` if the reply has none. */
export const decode = <A, RD>(
  schema: Schema.ConstraintDecoder<A, RD>
): ((reply: string) => Effect.Effect<A, NoValue, RD>) => {
  const document = Schema.toJsonSchemaDocument(schema)
  const shape: Shape = { ...document.schema, $defs: document.definitions }
  const read = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (reply) =>
    Effect.mapError(
      Option.match(from(reply, shape), { onNone: () => Effect.fail(undefined), onSome: (value) => read(value) }),
      () => new NoValue({ reply })
    )
}
