import { Effect, Predicate, Result } from "effect"
import { InvalidOptions, printable, type Problem } from "../../config/InvalidOptions.ts"
import { nearest } from "../../config/Misspelling.ts"
import { decoder } from "../../config/Options.ts"
import { tracedCall, type TracedCall } from "./Load.ts"
import { counted } from "../../config/Plural.ts"

const names = Object.keys(tracedCall)

/** The names of other recorders: those of Mooncake's traces, and those of the usage of OpenAI's API. */
const aliases: Readonly<Record<string, string>> = {
  timestamp: "at",
  input_length: "promptTokens",
  output_length: "completionTokens",
  prompt_tokens: "promptTokens",
  completion_tokens: "completionTokens",
  deadline_ms: "deadlineMs"
}

const decode = decoder(tracedCall)

/** More problems than this say nothing new. */
const mostProblems = 20

// A time from here on is one since 1970, not since the start of a trace.
const epoch = 1e11

/** Takes the fields that are known; another one is left out, unless it looks like a known one that is missing. */
const fieldsOf = (value: object, problems: Array<Problem>, line: string): Record<string, unknown> => {
  const fields: Record<string, unknown> = {}
  const unknown: Array<string> = []
  for (const [name, field] of Object.entries(value)) {
    const known = names.includes(name) ? name : aliases[name]
    if (known === undefined) unknown.push(name)
    // `null` is how many recorders write that there is no value.
    else if (field !== null) fields[known] = field
  }
  for (const name of unknown) {
    const meant = nearest(name, names)
    if (meant === undefined || meant in fields) continue
    const allowed = `there is no field of this name; did you mean ${meant}?`
    problems.push({ name: `${line}${printable(name)}`, value: "...", allowed })
    delete fields[meant]
  }
  return fields
}

const callOf = (text: string, line: string, problems: Array<Problem>): TracedCall | undefined => {
  const value = Result.getOrUndefined(Result.try((): unknown => JSON.parse(text)))
  if (Predicate.isObject(value) && !Array.isArray(value)) {
    const before = problems.length
    const fields = fieldsOf(value, problems, line)
    // What is misspelled need not be missed as well.
    return problems.length > before ? undefined : (decode(fields, problems, line) as TracedCall)
  }
  const allowed = "one JSON object a line: { at, promptTokens, completionTokens, caller?, model?, deadlineMs? }"
  problems.push({ name: line.trimEnd().replace(/:$/, ""), value: printable(text), allowed })
  return undefined
}

const limited = (problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  const more = problems.length - mostProblems
  if (more <= 0) return problems
  const rest = { name: "more", value: counted(more, "problem"), allowed: "see the lines above first" }
  return [...problems.slice(0, mostProblems), rest]
}

/**
 * Reads recorded calls from JSONL: one object a line with `at` (milliseconds from the start, or since 1970), `promptTokens`,
 * `completionTokens`, and perhaps `caller`, `model` and `deadlineMs`.
 *
 * `timestamp`, `input_length` and `output_length` of Mooncake's traces, `prompt_tokens` and `completion_tokens` are
 * understood; other fields and empty lines are left out. Fails with every wrong line, by its number.
 *
 * @example
 * const calls = Effect.runSync(Simulation.parseTrace('{"at":0,"promptTokens":200,"completionTokens":50}\n'))
 *
 * calls.length // => 1
 */
export const parse = (text: string): Effect.Effect<ReadonlyArray<TracedCall>, InvalidOptions> =>
  Effect.suspend(() => {
    const problems: Array<Problem> = []
    const calls = text
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/)
      .flatMap((line, index) => (line.trim() === "" ? [] : (callOf(line, `line ${index + 1}: `, problems) ?? [])))
      .sort((a, b) => a.at - b.at)
    if (problems.length > 0) return Effect.fail(new InvalidOptions({ problems: limited(problems) }))
    const [first] = calls
    const start = first !== undefined && first.at >= epoch ? first.at : 0
    return Effect.succeed(calls.map((call) => ({ ...call, at: call.at - start })))
  })
