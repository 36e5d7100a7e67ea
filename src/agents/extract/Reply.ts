import { Equal, Option, Predicate } from "effect"
import { type Candidate, candidates, gap, mapLast, parse } from "./Json.ts"
import { plain, Schema, type Shape } from "./Schema.ts"
import { decoded, distinct, items, lined, type Reading, records, settled, single, visible } from "./Words.ts"

// Members of an envelope that show something else than the answer.
const aside =
  /^(?:draft|firstdraft|examples?|schema|properties|alternatives?|previous|before|initial|old|thoughts?|thinking|reason(?:ing|s)?|errors?|rejected|options?)$/
const answerTag = /<(answer|final_answer|final|result|output|response)>/gi
const isWrapped = (value: unknown): boolean =>
  typeof value === "object" || (typeof value === "string" && /^\s*[[{"`]|```/.test(value))

// What models say where they take back a value, show an example, or offer another; and how long an answer in words is.
const longest = 50_000
const correction =
  /\b(?:actually|wait|correction|scratch that|on (?:second thought|reflection)|i meant|my mistake|let me (?:correct|revise|reconsider)|changed? my mind|settled on)\b/i
const example =
  /\b(?:(?:for example|for instance|e\.g\.)\b[^.!?\n]{0,40}|format (?:would|should|is|will)(?: be)?\s*:?|(?:would|could|might) look like:?|(?:considered|thought (?:of|about)):?|\b(?:not|never|instead of|rather than|(?:wrong|incorrect|invalid)(?: \w+)?:?))\s*["'`(]?$/i
const refuted =
  /^[\s"'`)~]*(?:(?:which|that|this|it) )?(?:is|was|are|were|(?:would|could|can|might) be|seems|looks|isn['’]t|wasn['’]t)\b[^.!?\n{]{0,30}?\b(?:incorrect|wrong|invalid|not|never|false|mistaken|a mistake|an error)\b|^[\s"'`)~]*(?:isn['’]t|wasn['’]t|(?:would|can|could)n['’]t)\b/i
const alternative =
  /\b(?:or(?! rather\b)|alternatively|otherwise|possibly|perhaps|maybe|(?:another|second) (?:option|possibility|answer))\b[^.!?\n{}[\]]{0,40}[\s`~:,"'(]*(?:json\s*)?$|^\s*(?:\d{1,2}[.)]|[-*•])[\s`]*$/i
const offers = /\b(?:option|alternative|variant|candidate|choice|version)\s*(?:#?\d|[A-C]\b)|^(?:or|alternatively)\b/im

/** Reads replies for a value of one schema. */
export class Reply {
  readonly #schema: Schema
  readonly #own: ReadonlySet<string>

  constructor(shape: Shape) {
    this.#schema = new Schema(shape)
    const each = this.#schema.properties(this.#schema.forms()[0]?.items ?? true)
    this.#own = new Set([...this.#schema.properties().keys(), ...each.keys()].map(plain))
  }

  read(reply: string): Option.Option<unknown> {
    const strict = parse(reply.replace(/^\s*```\w*\n([^]*)\n```\s*$/, "$1"))
    const whole = Option.isSome(strict) ? this.#unwrap(strict.value) : undefined
    return whole ?? this.#readText(visible(reply, this.#own)) ?? Option.none()
  }

  #readText(text: string): Reading {
    const tag = [...text.matchAll(answerTag)].findLast(([, name]) => !this.#own.has(plain(name!)))
    if (tag !== undefined) return this.#readText(text.slice(tag.index + tag[0].length).split(`</${tag[1]}>`)[0]!)
    const marked = /&(?:quot|#34);/i.test(text) ? decoded(text) : text
    const unescaped = /[{[]\s*\\["n]/.test(text) ? text.replaceAll("\\n", " ").replaceAll('\\"', '"') : text
    const forms = text.includes('"') ? new Set([text, unescaped, marked]) : new Set([marked])
    const found = [...forms].map((form) => this.#bracketed(form)).find((reading) => reading !== undefined)
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
    if (!Predicate.isObjectOrArray(value)) return undefined
    const named = Object.entries(value).filter(([key]) => !aside.test(plain(key)))
    const members = named.map(([, member]) => (isWrapped(member) ? this.#unwrap(member, depth - 1) : undefined))
    const speaks = Object.keys(value).some((key) => this.#own.has(plain(key)))
    return distinct(members) ?? (speaks ? Option.none() : undefined)
  }

  #bracketed(text: string): Reading {
    const all = candidates(text)
    if (all === undefined) return Option.none()
    const isList = this.#schema.isOf("array")
    const between = all.map(({ end }, index) => text.slice(end, all[index + 1]?.start ?? end)).join("")
    // Objects one below the other are a list.
    if (isList && all.length > 1 && all.every(({ value }) => Predicate.isObject(value)) && /^[\s,]*$/.test(between))
      return this.#schema.match(all.map(({ value }) => value))
    const found = all.flatMap((one) => {
      // Square brackets in prose hold marks and links more often than lists.
      const isMark =
        isList && /^\[\s*[^\s"'“{[\d-]/.test(text.slice(one.start, one.start + 40)) && !/^(?:\s|```\w*)*\[/.test(text)
      const isExample = example.test(text.slice(Math.max(0, one.start - 80), one.start))
      const isRefuted = refuted.test(text.slice(one.end, one.end + 80))
      const reading = isMark || isExample || isRefuted ? undefined : this.#unwrap(this.#settled(one))
      return reading === undefined ? [] : [{ ...one, reading }]
    })
    const [before, last] = [found.at(-2), found.at(-1)]
    if (last === undefined) return undefined
    const lead = text.slice(Math.max(before?.end ?? 0, last.start - 200), last.start)
    const isOffer = offers.test(text) || (alternative.test(lead) && !correction.test(lead))
    if (before !== undefined && isOffer) return distinct(found.map(({ reading }) => reading))
    // What is taken back afterwards counts only if another value follows.
    const tail = text.slice(last.end, last.end + longest)
    return correction.test(tail) ? (this.#words(tail.slice(tail.search(correction))) ?? Option.none()) : last.reading
  }

  /** A candidate's value; its last number is dropped if the text may have ended inside it. */
  #settled({ tail, value }: Candidate): unknown {
    if (tail === undefined) return value
    const fits = (last: number) => Option.isSome(this.#unwrap(mapLast(value, () => last)) ?? Option.none())
    const grows = [..."0123456789", ".5"].some((digit) => fits(Number(tail + digit)))
    // Without bounds, a bracket that is missing behind the last of several members is likelier than a cut.
    const [key, last] = Object.entries(value as object).at(-1) ?? [""]
    const isLast = [...this.#own].indexOf(plain(key)) === Math.max(1, this.#own.size - 1) && typeof last === "number"
    const isFree = isLast && this.#schema.forms()[0]?.required?.includes(key) && fits(123_456_789) && fits(-123_456_789)
    return !grows || isFree ? value : mapLast(value, () => gap)
  }

  #words(text: string): Reading {
    const schema = this.#schema
    const objects = (candidates(text) ?? []).filter(({ start }) => text[start] === "{")
    const rest = objects.reduceRight((all, { end, start }) => all.slice(0, start) + all.slice(end), text)
    const bare = lined(rest, this.#own)
    if (schema.isOf("array")) {
      const each = schema.forms()[0]?.items ?? true
      const list = schema.properties(each).size > 0 ? records(bare, schema, each) : items(bare, true)
      return list === undefined || Equal.equals(list, []) ? undefined : schema.match(list)
    }
    const drafts = records(bare, schema)
    const found = drafts.map((draft) => schema.match(draft))
    const isOffer = drafts.length > 1 && (offers.test(bare) || !settled.test(bare))
    if (found.some(Option.isSome)) return isOffer ? Option.none() : found.at(-1)
    const [property, ...others] = schema.properties()
    if (others.length > 0) return undefined
    const value = single(bare, schema, property?.[1] ?? schema.root, property?.[0] ?? "")
    return value && Option.flatMap(value, (one) => schema.match(property ? { [property[0]]: one } : one))
  }
}
