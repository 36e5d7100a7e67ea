import { Config, Data, Effect, FileSystem, Predicate, Record as Records, Redacted } from "effect"
import * as Address from "./Address.ts"
import * as EndpointsCheck from "./EndpointsCheck.ts"
import * as Field from "./Field.ts"
import { describe, fileFault, printable, type Problem } from "./InvalidOptions.ts"
import * as JsonSource from "./JsonSource.ts"
import { decoder, group, list, type Values } from "./Options.ts"
import { type Limits, type Preset, presets } from "./Preset.ts"
import type { Settings } from "./Settings.ts"
import * as Table from "./Table.ts"

// The file of endpoints is one table too: its checks and the tables of docs/endpoints.md follow from it.

/** The same field in a file: a limit is switched off by its word, and left out if the environment is to decide. */
const inFile = <A, I>(field: Field.Field<A, I>): Field.Field<A | undefined, I> => {
  const facts = Field.factsOf(field)
  const { off } = facts.range ?? {}
  const isOff = (value: unknown) => off !== undefined && Predicate.isString(value) && value.toLowerCase() === off
  return Field.optional(
    Field.make<A, I>({
      ...facts,
      // JSON has no Infinity, but for the text of a duration.
      allowed: facts.allowed.replace("Infinity", JSON.stringify(off ?? "Infinity")),
      read: (value, problems, name) => facts.read(isOff(value) ? Infinity : value, problems, name)
    })
  )
}

const { limits, circuitBreaker } = Table

/** The limits of one endpoint. */
export const limitFields = {
  /** Calls the endpoint serves at the same time. 1 to 100000, or `"unlimited"`. Default: `LLM_MAX_CONCURRENT_REQUESTS`. */
  maxConcurrentRequests: inFile(limits.maxConcurrentRequests),
  /** Calls started per second. 0.001 to 100000, or `"unlimited"`. Default: `LLM_REQUESTS_PER_SECOND`. */
  requestsPerSecond: inFile(limits.requestsPerSecond),
  /** Prompt and completion tokens reserved per minute. 1 to 1e12, or `"none"`. Default: `LLM_TOKENS_PER_MINUTE`. */
  tokensPerMinute: inFile(limits.tokensPerMinute),
  /**
   * Longest time of one attempt, until the first byte of a stream or the whole reply. Milliseconds or a text such as `"30
   * seconds"`. Default: `LLM_REQUEST_TIMEOUT_MS`.
   */
  requestTimeout: inFile(limits.requestTimeout),
  /** Longest silence inside a stream. As `requestTimeout`. Default: `LLM_STREAM_IDLE_TIMEOUT_MS`. */
  streamIdleTimeout: inFile(limits.streamIdleTimeout)
}

/** The circuit breaker of one endpoint. */
export const breakerFields = {
  /** Consecutive failed attempts that open the circuit. 1 to 1000000, or `"off"`. Default: `LLM_CIRCUIT_BREAKER_MAX_FAILURES`. */
  maxFailures: inFile(circuitBreaker.maxFailures),
  /** How long it stays open before a probe. As `requestTimeout`. Default: `LLM_CIRCUIT_BREAKER_TIMEOUT_MS`. */
  timeout: inFile(circuitBreaker.timeout)
}

const longestModel = 200

const model = Field.text({
  allowed: `a model's name or pattern of 1 to ${longestModel} characters`,
  read: (text) => (text.trim() !== "" && text.length <= longestModel ? text.trim() : undefined)
})

/** A field of an object with names of its own, such as those of models. */
const record = <A>(value: Field.Field<A>, allowed: string) => {
  const read = decoder({ value: Field.required(value) })
  return Field.make<Readonly<Record<string, A>>>({
    allowed,
    default: {},
    read: (given, problems, name) =>
      Predicate.isObject(given) && !Array.isArray(given)
        ? Records.map(given as Readonly<Record<string, unknown>>, (each, key) => {
            const found: Array<Problem> = []
            const { value } = read({ value: each }, found)
            problems.push(...found.map((problem) => ({ ...problem, name: `${name}.${key}` })))
            return value as A
          })
        : undefined
  })
}

const isVariable = (text: string) => /^[A-Za-z_]\w{0,127}$/.test(text)

/** One endpoint. */
export const endpointFields = {
  /** What the endpoint is called in statistics, logs and `x-headgate-endpoint`. 1 to 64 characters. Default: none, it must be given. */
  name: Field.required(Field.label("name", { example: '"openai"' })),
  /** The endpoint's URL, to which paths such as `/chat/completions` are appended. An http(s) URL. Default: none, it must be given. */
  baseUrl: Field.required(Address.baseUrl("OPENAI_BASE_URL")),
  /** The variable of the environment that holds the endpoint's key. A name, never the key. Default: no key is shown. */
  apiKeyVariable: Field.optional(
    Field.text({
      example: '"OPENAI_API_KEY"',
      allowed: "the name of a variable that holds the key, and not the key",
      read: (text) => (isVariable(text) ? text : undefined),
      // Who writes the key itself here must not find it in a log.
      hide: () => Field.redacted
    })
  ),
  /** Models it serves; each `*` stands for any text. Names and patterns. Default: every model, or those of `aliases` if there are any. */
  models: Field.optional(list(model, { default: [] })),
  /** Other names of models, each with the name by which the endpoint knows it. Names and patterns. Default: none. */
  aliases: record(model, "an object with names of models"),
  /** The endpoint's share among those of one order. Above 0. Default: 1. */
  weight: Field.number(1e-6, 1e6, { default: 1 }),
  /** Endpoints of a lower order go first; the others take what those cannot start. 0 to 1000000. Default: 0. */
  order: Field.integer(0, 1e6, { default: 0, example: "1" }),
  /**
   * The limits to start from, in place of those of the variables; what `limits` and `circuitBreaker` say wins. `default`,
   * `heavy`, `light`, `unstable` or `adaptive`. Default: `LLM_PRESET` and the variables.
   */
  preset: Field.optional(limits.preset),
  limits: group(limitFields),
  circuitBreaker: group(breakerFields)
}

/** The file. */
export const fileFields = {
  $schema: Field.make<unknown>({ default: undefined, allowed: "anything", read: (value) => value ?? "" }),
  /** The endpoints, with different names. At least one. Default: none, it must be given. */
  endpoints: Field.required(list(group(endpointFields), { default: [] })),
  /** Models that may answer in place of one whose endpoints cannot, in their order. Lists by names and patterns. Default: none. */
  fallbackModels: record(list(model, { default: [] }), "an object with lists of models")
}

type Decoded = Values<typeof endpointFields>

/** An endpoint with all its limits; `Infinity` is one that is off, times are milliseconds. */
export interface EndpointSettings extends Omit<Decoded, "apiKeyVariable" | "preset" | "limits" | "circuitBreaker"> {
  readonly apiKey: Redacted.Redacted | undefined
  readonly preset: Preset
  readonly limits: { readonly [K in keyof typeof limitFields]: number }
  readonly circuitBreaker: { readonly [K in keyof typeof breakerFields]: number }
}

/** What a file of endpoints says. */
export interface Endpoints {
  readonly endpoints: ReadonlyArray<EndpointSettings>
  readonly fallbackModels: Readonly<Record<string, ReadonlyArray<string>>>
}

/** A value in a file that is not allowed, and the line on which it stands; no line if the file cannot be read. */
export interface FileProblem extends Problem {
  readonly line?: number
}

/** A file of endpoints that cannot be used; its message has a line for each problem. */
export class InvalidFile extends Data.TaggedError("InvalidFile")<{
  readonly file: string
  readonly problems: ReadonlyArray<FileProblem>
}> {
  override get message(): string {
    const place = ({ line }: FileProblem) => (line === undefined ? this.file : `${this.file}:${line}`)
    return this.problems.map((problem) => `${place(problem)}: ${inWords(problem)}`).join("\n")
  }
}

const inWords = (problem: Problem): string => (problem.name === "" ? problem.allowed : describe(problem))

/** What stands for limits that the file leaves out, and what an endpoint must not be. */
export interface Surroundings {
  readonly defaults: Limits & { readonly preset: Preset }
  /** Whether a URL leads back to the gateway itself. */
  readonly isItself?: (url: string) => boolean
}

/** What stands around a file in a gateway with these settings. */
export const surroundingsOf = (settings: Settings): Surroundings => {
  const { circuitBreaker: given, host, inForce, port, preset } = settings
  const usual = breakerOf(preset)
  const isSet = (field: Field.Field<number>) =>
    inForce.some(({ name, source }) => name === Field.factsOf(field).env && source === "environment")
  const maxFailures = isSet(circuitBreaker.maxFailures) ? given.maxFailures : usual.maxFailures
  return {
    defaults: { ...settings, circuitBreaker: { ...given, maxFailures } },
    isItself: (url) => Address.leadsTo(url, host, port)
  }
}

/** Reads the keys of the endpoints from the environment. */
const keysOf = (endpoints: ReadonlyArray<Decoded>, add: EndpointsCheck.Add) =>
  Effect.forEach(endpoints, ({ apiKeyVariable: variable }, index): Effect.Effect<Redacted.Redacted | undefined> => {
    if (variable === undefined) return Effect.succeed(undefined)
    return Config.withDefault(Config.String(variable), "").pipe(
      Effect.orElseSucceed(() => ""),
      Effect.map((text) => {
        const key = text.trim()
        if (/^[\x20-\x7e\xa0-\xff]+$/.test(key)) return Redacted.make(key)
        // A name that looks like none may be the key itself.
        const shown = /^[A-Z][A-Z0-9_]*$/.test(variable) ? variable : Field.redacted
        const allowed =
          key === "" ? "the name of a variable that is set" : "the name of a variable with a key on one line"
        add(`endpoints[${index}].apiKeyVariable`, shown, allowed)
        return undefined
      })
    )
  })

/** The limits of an endpoint that says none, by its own preset or by the environment. */
const usualOf = (preset: Preset | undefined, { defaults }: Surroundings): Surroundings["defaults"] => {
  if (preset === undefined) return defaults
  const { maxConcurrentRequests, requestsPerSecond } = presets[preset]
  return { ...defaults, preset, maxConcurrentRequests, requestsPerSecond, circuitBreaker: breakerOf(preset) }
}

/** The circuit breaker of a preset: without one, calls would go on to an endpoint that is down. */
const breakerOf = (preset: Preset) => presets[preset === "adaptive" ? "default" : preset].circuitBreaker

const settingsOf = (decoded: Decoded, apiKey: Redacted.Redacted | undefined, surroundings: Surroundings) => {
  const { apiKeyVariable: _, circuitBreaker, limits, preset, ...rest } = decoded
  const usual = usualOf(preset, surroundings)
  const settings: EndpointSettings = {
    ...rest,
    apiKey,
    preset: usual.preset,
    limits: Records.map(limits, (value, name) => value ?? usual[name]),
    circuitBreaker: Records.map(circuitBreaker, (value, name) => value ?? usual.circuitBreaker[name])
  }
  return settings
}

const decode = decoder(fileFields)

/** Decodes the text of a file; fails with everything that is wrong with it. */
export const parse = Effect.fnUntraced(function* (file: string, text: string, surroundings: Surroundings) {
  const source = JsonSource.parse(text)
  const fail = (problems: ReadonlyArray<FileProblem>) => Effect.fail(new InvalidFile({ file, problems }))
  if (source.fault !== undefined) {
    const { line, message } = source.fault
    return yield* fail([{ name: "", value: "", allowed: `not JSON: ${message}`, line }])
  }
  const problems: Array<Problem> = source.repeated.map((name) => ({
    name: printable(name),
    value: "twice",
    allowed: "each name once in an object"
  }))
  const add: EndpointsCheck.Add = (name, value, allowed) =>
    void problems.push({ name, value: printable(value), allowed })
  const values = decode(source.value, problems)
  const endpoints = (values.endpoints ?? []).filter(Predicate.isObject) as ReadonlyArray<Decoded>
  if (values.endpoints !== undefined) EndpointsCheck.check(endpoints, values.fallbackModels ?? {}, add)
  endpoints.forEach(({ baseUrl }, index) => {
    if (baseUrl === undefined || surroundings.isItself?.(baseUrl) !== true) return
    add(`endpoints[${index}].baseUrl`, baseUrl, "an endpoint that is not this gateway itself (HOST, PORT)")
  })
  const keys = yield* keysOf(endpoints, add)
  if (problems.length > 0) {
    const located = problems.map((problem) => ({ ...problem, line: source.lineOf(problem.name) }))
    return yield* fail(located.sort((a, b) => a.line - b.line))
  }
  const decoded: Endpoints = {
    endpoints: endpoints.map((endpoint, index) => settingsOf(endpoint, keys[index], surroundings)),
    fallbackModels: values.fallbackModels
  }
  return decoded
})

/** Reads a file of endpoints. */
export const read = Effect.fnUntraced(function* (file: string, surroundings: Surroundings) {
  const { readFileString } = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(readFileString(file), (error) => {
    const allowed = `it cannot be read: ${fileFault(error)}`
    return new InvalidFile({ file, problems: [{ name: "", value: "", allowed }] })
  })
  return { text, ...(yield* parse(file, text.replace(/^\uFEFF/, ""), surroundings)) }
})
