import { Predicate, Result } from "effect"
import { AiError } from "effect/ai"

/** A piece of what a message says. */
export interface Segment {
  readonly kind: "text" | "reasoning" | "refusal"
  readonly text: string
}

/** The value of a field, if there is one. */
export const field = (value: unknown, name: string): unknown =>
  Predicate.hasProperty(value, name) ? value[name] : undefined

/** Says that what carries the answer has another shape. */
export const malformed = (what: string): AiError.InvalidResponseError =>
  new AiError.InvalidResponseError({ description: `The reply has another shape than expected: ${what}.` })

// Parts hold a list of parts, which hold a text; what is deeper could exhaust the stack.
const deepest = 4

const textFields = ["text", "value", "thinking", "reasoning", "refusal", "summary", "content"] as const

/** The text of a part, of a list of parts, or of an object that holds it; `undefined` for another shape. */
const textOf = (value: unknown, depth = 0): string | undefined => {
  if (Predicate.isNullish(value)) return ""
  if (Predicate.isString(value)) return value
  if (depth > deepest || !Predicate.isObjectOrArray(value)) return undefined
  if (!Array.isArray(value)) return textOf(textFields.map((name) => field(value, name)).find(isGiven), depth + 1)
  const texts = value.map((part) => textOf(part, depth + 1))
  return texts.includes(undefined) ? undefined : texts.join("")
}

const isGiven = (value: unknown): boolean => !Predicate.isNullish(value)

const kinds: Readonly<Record<string, Segment["kind"]>> = {
  text: "text",
  output_text: "text",
  thinking: "reasoning",
  reasoning: "reasoning",
  reasoning_text: "reasoning",
  refusal: "refusal"
}

const kindOf = (part: object): Segment["kind"] | undefined => {
  const type = field(part, "type")
  if (Predicate.isNullish(type)) return "text"
  return Predicate.isString(type) && Object.hasOwn(kinds, type) ? kinds[type] : undefined
}

/** Reads a part of a content; unknown parts say nothing. */
const segmentsOfPart = (part: unknown): ReadonlyArray<Segment> | undefined => {
  if (Predicate.isString(part)) return [{ kind: "text", text: part }]
  const kind = Predicate.isObject(part) ? kindOf(part) : undefined
  if (kind === undefined) return []
  const text = textOf(part)
  return text === undefined ? undefined : [{ kind, text }]
}

/** Whether an object in place of a content is a part, and not the object that was asked for. */
const isPart = (content: object, json: boolean): boolean => {
  const kind = kindOf(content)
  if (json) return kind === "text" && Object.keys(content).every((name) => /^(?:type|text|annotations)$/.test(name))
  return kind === undefined || Predicate.isString(field(content, "type")) || Predicate.isString(field(content, "text"))
}

const segmentsOfContent = (content: unknown, json: boolean): ReadonlyArray<Segment> | undefined => {
  if (Predicate.isNullish(content)) return []
  if (Predicate.isString(content)) return [{ kind: "text", text: content }]
  if (Array.isArray(content)) {
    const parts = content.map(segmentsOfPart)
    return parts.includes(undefined) ? undefined : parts.flatMap((segments) => segments ?? [])
  }
  if (!Predicate.isObject(content)) return undefined
  return isPart(content, json) ? segmentsOfPart(content) : [{ kind: "text", text: JSON.stringify(content) }]
}

// Servers call the thoughts one or the other; some say the same under two names.
const thoughtFields = ["reasoning_content", "reasoning", "thinking", "reasoning_details", "thinking_blocks"] as const

const thoughtsOf = (message: object): string => {
  for (const name of thoughtFields) {
    const thoughts = textOf(field(message, name))
    if (thoughts !== undefined && thoughts !== "") return thoughts
  }
  return ""
}

/** What a message, or a delta of one, says in which order; `json` if its text is to be an object. */
export const segmentsOf = (
  message: object,
  json: boolean
): Result.Result<ReadonlyArray<Segment>, AiError.InvalidResponseError> => {
  const content = segmentsOfContent(field(message, "content"), json)
  if (content === undefined) return Result.fail(malformed("its content is neither a text nor a list of parts"))
  const [thoughts, refusal] = [thoughtsOf(message), field(message, "refusal")]
  const segments: ReadonlyArray<Segment> = [
    { kind: "reasoning", text: thoughts },
    ...(thoughts === "" ? content : content.filter(({ kind }) => kind !== "reasoning")),
    { kind: "refusal", text: Predicate.isString(refusal) ? refusal : "" }
  ]
  return Result.succeed(segments.filter(({ text }) => text !== ""))
}
