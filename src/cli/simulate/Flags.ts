import { Option, Record as Records } from "effect"
import { type Command, Flag } from "effect/cli"
import * as Field from "../../config/Field.ts"
import type { Problem } from "../../config/InvalidOptions.ts"
import { nearest } from "../../config/Misspelling.ts"
import type { Values } from "../../config/Options.ts"
import * as Preset from "../../config/Preset.ts"
import { circuitBreaker, limits } from "../../config/Table.ts"
import type { Incident } from "../../simulator/model/Incident.ts"
import { json, metavarOf } from "../command/Flags.ts"
import * as Incidents from "./Incidents.ts"
import { counted } from "../../config/Plural.ts"

const parts = (text: string): ReadonlyArray<string> => text.split(",").map((part) => part.trim())

const loadsAllowed = "numbers from 0.1 to 100000 with commas between"

const load = Field.text<ReadonlyArray<number>>({
  env: "--load",
  allowed: loadsAllowed,
  example: "10,30,90",
  read: (text) => {
    const values = parts(text).map((part) => (part === "" ? NaN : Number(part)))
    return values.every((value) => value >= 0.1 && value <= 100_000) ? values : undefined
  }
})

const presetsAllowed = `one or more of ${Preset.names.join(", ")}, with commas between`

const preset = Field.text<ReadonlyArray<Preset.Preset>>({
  env: "--preset",
  allowed: presetsAllowed,
  example: "default,adaptive",
  read: (text, problems, name) =>
    parts(text).flatMap((part) => {
      const known = Preset.names.find((one) => one === part)
      if (known !== undefined) return known
      const meant = nearest(part, Preset.names)
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`
      problems.push({ name, value: part, allowed: `${presetsAllowed}${hint}` })
      return []
    })
})

/** A setting of the gate as a flag; without it the preset's holds. */
const setting = <A, I>(env: string, row: Field.Field<A, I>): Field.Field<A | undefined, I> =>
  Field.optional(Field.make<A, I>({ ...Field.factsOf(row), env }))

const number = (env: string, minimum: number, maximum: number, otherwise: number) =>
  Field.number(minimum, maximum, { env, default: otherwise })

const whole = (env: string, minimum: number, maximum: number, otherwise: number) =>
  Field.integer(minimum, maximum, { env, default: otherwise })

const maybe = (env: string, minimum: number, maximum: number, example: string) =>
  Field.optional(Field.number(minimum, maximum, { env, example }))

const path = Field.optional(
  Field.text({ env: "--trace", allowed: "the path of a file", example: "calls.jsonl", read: (text) => text })
)

/** The fields of the flags that hold one value. */
const fields = {
  load: Field.optional(load),
  burstLoad: maybe("--burst-load", 0, 100_000, "300"),
  burstSeconds: number("--burst-seconds", 0.001, 86_400, 20),
  quietSeconds: number("--quiet-seconds", 0.001, 86_400, 60),
  jobsPerMin: maybe("--jobs-per-min", 0, 1_000_000, "40"),
  population: Field.optional(Field.integer(1, 100_000, { env: "--population", example: "50" })),
  callsPerJob: number("--calls-per-job", 1, 1000, 5),
  trace: path,
  traceSpeed: number("--trace-speed", 0.001, 1000, 1),
  callers: whole("--callers", 1, 100_000, 10),
  greedy: number("--greedy", 0, 1, 0),
  minutes: maybe("--minutes", 0.1, 43_200, "60"),
  warmUp: number("--warm-up", 0, 43_200, 0),
  seed: Field.integer(0, Number.MAX_SAFE_INTEGER, { env: "--seed", default: 1 }),
  preset: Field.optional(preset),
  maxConcurrent: setting("--max-concurrent", limits.maxConcurrentRequests),
  adaptiveMaxConcurrent: setting("--adaptive-max-concurrent", limits.adaptiveMaxConcurrent),
  perSecond: setting("--per-second", limits.requestsPerSecond),
  tokensPerMinute: setting("--tokens-per-minute", limits.tokensPerMinute),
  maxQueue: setting("--max-queue", limits.maxQueueSize),
  maxFailures: setting("--max-failures", circuitBreaker.maxFailures),
  openMs: setting("--open-ms", circuitBreaker.timeout),
  timeoutMs: setting("--timeout-ms", limits.requestTimeout),
  deadlineMs: setting("--deadline-ms", limits.deadline),
  retries: setting("--retries", limits.maxRetries),
  promptTokens: number("--prompt-tokens", 1, 100_000, 200),
  replyTokens: number("--reply-tokens", 1, 100_000, 120),
  slots: whole("--slots", 1, 10_000, 8),
  tokensPerSecond: number("--tokens-per-second", 0.001, 1_000_000, 100),
  errorRate: number("--error-rate", 0, 1, 0),
  hangRate: number("--hang-rate", 0, 1, 0)
}

const descriptions: Readonly<Record<keyof typeof fields, string>> = {
  load: "Calls that arrive a minute, at random moments; several with commas; 30",
  burstLoad: "Calls a minute in bursts, of random length, between quiet times with --load; no bursts",
  burstSeconds: "Mean length of a burst; 20",
  quietSeconds: "Mean length of a quiet time; 60",
  jobsPerMin: "Jobs of agents in place of calls, as JOBS_PER_MIN: a minute, at random moments; 10",
  population: "Agents that do the jobs, as POPULATION_SIZE; 20",
  callsPerJob: "Mean calls of a job: a plan, acts, a reflection; 5",
  trace:
    "Recorded calls in place of drawn ones: JSONL with at (ms), promptTokens, completionTokens, caller?, model?, deadlineMs?",
  traceSpeed: "How many times faster the recorded calls come; 1",
  callers: "Callers, who call equally often; 10",
  greedy: "Share of the calls that one more caller makes; 0",
  minutes: "Length in virtual time; 60, or that of the trace",
  warmUp: "Minutes at the start that are not measured; 0",
  seed: "What arrivals, lengths and faults are drawn from: the same seed gives the same result; 1",
  preset: "Presets to compare, with commas; all",
  maxConcurrent: "In place of the preset's: calls at once",
  adaptiveMaxConcurrent: "Upper bound of calls at once in the preset adaptive; 64",
  perSecond: "In place of the preset's: starts per second",
  tokensPerMinute: "Tokens per minute that may start; none",
  maxQueue: "In place of the preset's: calls that may wait",
  maxFailures: "In place of the preset's: failures that open the circuit",
  openMs: "In place of the preset's: how long the circuit stays open",
  timeoutMs: "Longest time of one attempt; 60000",
  deadlineMs: "Longest time for a call, waiting included; 120000",
  retries: "Retries of failures that may pass; 2",
  promptTokens: "Tokens of a prompt on average",
  replyTokens: "Tokens of a reply on average",
  slots: "Replies the model writes at the same time; 8",
  tokensPerSecond: "Speed of a reply that runs alone; 100",
  errorRate: "Share of requests the model fails; 0",
  hangRate: "Share of requests the model never answers; 0"
}

/** What help calls the values of flags that take no single number. */
const metavars: { readonly [K in keyof typeof fields]?: string } = {
  load: "numbers",
  trace: "file",
  preset: "presets"
}

const texts = Records.map(fields, (field, name) => {
  const facts = Field.factsOf(field)
  return Flag.String(facts.env!.slice("--".length)).pipe(
    Flag.withMetavar(metavarOf(facts, metavars[name] ?? "text")),
    Flag.withDescription(descriptions[name]),
    Flag.optional
  )
}) as { readonly [K in keyof typeof fields]: Flag.Flag<Option.Option<string>> }

/** The flags of `headgate simulate`; read as texts, so that all wrong ones are reported at once. */
export const flags = {
  ...texts,
  presets: Flag.Boolean("presets").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Compare all presets, and recommend one: what happens without --preset")
  ),
  incident: Flag.String("incident").pipe(
    Flag.withMetavar("incident"),
    Flag.atLeast(0),
    Flag.withDescription(
      "What goes wrong with the model: slow:60s..120s:3, fail:60s..120s:0.5, hang:, outage:, refuse:60s..120s, limit:60s..:60,80000t; repeatable"
    )
  ),
  json
}

type Texts = Command.Command.Config.Infer<typeof flags>

/** The flags as decoded. */
export interface Given extends Values<typeof fields> {
  readonly incidents: ReadonlyArray<Incident>
  readonly json: boolean
}

type Name = keyof typeof fields

/** Flags that belong to one kind of load. */
const kinds: ReadonlyArray<{ readonly of: Name; readonly flags: ReadonlyArray<Name> }> = [
  { of: "trace", flags: ["trace", "traceSpeed"] },
  { of: "jobsPerMin", flags: ["jobsPerMin", "population", "callsPerJob"] },
  { of: "load", flags: ["load", "burstLoad", "burstSeconds", "quietSeconds", "callers", "greedy"] }
]

const flagOf = (name: Name): string => Field.factsOf(fields[name]).env!

/** Finds flags that have no meaning beside others. */
const conflicts = (texts: Texts, values: Partial<Given>): ReadonlyArray<Problem> => {
  const isGiven = (name: Name) => Option.isSome(texts[name])
  const value = (name: Name) => Option.getOrElse(texts[name], () => "")
  const chosen = kinds.find(({ flags }) => flags.some(isGiven)) ?? kinds[2]!
  const others = kinds.filter((kind) => kind !== chosen).flatMap(({ flags }) => flags.filter(isGiven))
  const allowed = `not beside ${flagOf(chosen.flags.find(isGiven) ?? chosen.of)}: one kind of load at a time`
  const found = others.map((name) => ({ name: flagOf(name), value: value(name), allowed }))
  if (isGiven("traceSpeed") && !isGiven("trace")) {
    found.push({ name: "--trace-speed", value: value("traceSpeed"), allowed: "only with --trace" })
  }
  if (texts.presets && isGiven("preset")) {
    found.push({ name: "--preset", value: value("preset"), allowed: "not beside --presets, which takes all" })
  }
  const { minutes = 60, trace, warmUp = 0 } = values
  if (warmUp >= minutes && (trace === undefined || values.minutes !== undefined)) {
    found.push({
      name: "--warm-up",
      value: String(warmUp),
      allowed: `less than the ${counted(minutes, "minute")} of the whole`
    })
  }
  return found
}

/** Decodes the flags; adds a problem for every wrong one. */
export const decode = (texts: Texts, problems: Array<Problem>): Given => {
  const values = Records.map(fields, (field, name) => {
    const facts = Field.factsOf(field)
    // A flag with nothing is a slip, not a wish for the default.
    const text = Option.map(texts[name], (text) => text.trim() || "nothing")
    return Option.match(text, {
      onNone: () => facts.default,
      onSome: (text) => Field.readText(facts, text, problems)
    })
  }) as Values<typeof fields>
  const incidents = texts.incident.flatMap((text) => Incidents.read(text, problems, "--incident") ?? [])
  problems.push(...conflicts(texts, values))
  return { ...values, incidents, json: texts.json }
}

export type { Texts }
