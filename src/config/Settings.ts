import { Config, ConfigProvider, Effect, type LogLevel, type Redacted } from "effect"
import { describe, type Problem } from "./InvalidOptions.ts"
import * as Preset from "./Preset.ts"
import { isLoopback, leadsTo } from "./Address.ts"
import type { ApiKey } from "./ApiKey.ts"
import { Environment, type InForce } from "./Environment.ts"
import { type Misspelling, misspellings } from "./Misspelling.ts"
import * as Variables from "./Variables.ts"

/** What is in force, from the environment, the preset and the defaults. */
export interface Settings extends Preset.Limits {
  readonly preset: Preset.Preset
  /** The model of the agents. */
  readonly model: string
  /** The endpoint's base URL, without a slash at its end. Its query may hold a key: print `inForce` instead. */
  readonly baseUrl: string | undefined
  readonly apiKey: Redacted.Redacted | undefined
  /** Whether the built-in simulated model answers, because neither a base URL nor a key is set. */
  readonly simulated: boolean
  /** Jobs generated per minute for the population. */
  readonly jobsPerMinute: number
  /** Built-in agents. */
  readonly populationSize: number
  /** The address to listen on. */
  readonly host: string
  /** The port to listen on; 0 lets the system choose. */
  readonly port: number
  /** The keys callers may show; with none, every caller is let in. */
  readonly apiKeys: ReadonlyArray<ApiKey>
  /** Whether to let everyone in without keys: beyond loopback, under any name and from any page. */
  readonly allowAnonymous: boolean
  /** Bytes of the largest request body. */
  readonly maxBodyBytes: number
  readonly redisUrl: Redacted.Redacted | undefined
  readonly logLevel: LogLevel.LogLevel
  /** How log lines look; `undefined` is `pretty` on a terminal, else `json`. */
  readonly logFormat: "pretty" | "json" | undefined
  /** Every variable with its value, as it would be written, and where that came from. */
  readonly inForce: ReadonlyArray<InForce>
  /** Variables that begin like ours and are not known; worth a warning. */
  readonly unknown: ReadonlyArray<Misspelling>
}

/** A configuration with values that are not allowed; its message has a line for each. */
export class InvalidSettings extends Config.ConfigError {
  readonly problems: ReadonlyArray<Problem>

  constructor(problems: ReadonlyArray<Problem>) {
    super(new ConfigProvider.SourceError({ message: problems.map(describe).join("\n") }))
    this.problems = problems
  }

  override get message(): string {
    return this.problems.map(describe).join("\n")
  }
}

const itself = "an endpoint that is not this gateway itself, which listens there (HOST, PORT)"

const readLimits = Effect.fnUntraced(function* (environment: Environment) {
  const variables = Variables.limits
  const preset = yield* environment.read(variables.preset, "default")
  const from = environment.isGiven(variables.preset) ? "preset" : "default"
  const base = Preset.presets[preset]
  return {
    preset,
    maxConcurrentRequests: yield* environment.read(variables.maxConcurrentRequests, base.maxConcurrentRequests, from),
    requestsPerSecond: yield* environment.read(variables.requestsPerSecond, base.requestsPerSecond, from),
    maxQueueSize: yield* environment.read(variables.maxQueueSize, base.maxQueueSize, from),
    circuitBreaker: {
      maxFailures: yield* environment.read(variables.maxFailures, base.circuitBreaker.maxFailures, from),
      timeout: yield* environment.read(variables.breakerTimeout, base.circuitBreaker.timeout, from)
    },
    requestTimeout: yield* environment.read(variables.requestTimeout, base.requestTimeout),
    streamIdleTimeout: yield* environment.read(variables.streamIdleTimeout, base.streamIdleTimeout),
    deadline: yield* environment.read(variables.deadline, base.deadline),
    maxRetries: yield* environment.read(variables.maxRetries, base.maxRetries),
    tokensPerMinute: yield* environment.read(variables.tokensPerMinute, base.tokensPerMinute)
  }
})

const readEndpoint = Effect.fnUntraced(function* (environment: Environment) {
  const variables = Variables.service
  const model = yield* environment.read(variables.model, "gpt-4o-mini")
  const baseUrl = yield* environment.read(variables.baseUrl, undefined)
  const apiKey = yield* environment.read(variables.apiKey, undefined)
  const simulated = !environment.isGiven(variables.baseUrl) && !environment.isGiven(variables.apiKey)
  return { model, baseUrl, apiKey, simulated }
})

const readModel = Effect.fnUntraced(function* (environment: Environment) {
  const variables = Variables.service
  const endpoint = yield* readEndpoint(environment)
  const { simulated } = endpoint
  const jobsPerMinute = yield* environment.read(variables.jobsPerMinute, 10)
  // Nobody's money is spent unasked.
  const populationSize = yield* environment.read(variables.populationSize, simulated ? 20 : 0)
  return { ...endpoint, jobsPerMinute, populationSize }
})

const loopbackOnly =
  "an address of loopback, unless HEADGATE_API_KEYS is set or HEADGATE_ALLOW_ANONYMOUS=true lets everyone in"

const readAddress = Effect.fnUntraced(function* (environment: Environment) {
  return {
    host: yield* environment.read(Variables.service.host, "127.0.0.1"),
    port: yield* environment.read(Variables.service.port, 3000)
  }
})

const readServer = Effect.fnUntraced(function* (environment: Environment) {
  const variables = Variables.service
  const { host, port } = yield* readAddress(environment)
  const apiKeys = (yield* environment.read(variables.apiKeys, undefined)) ?? []
  const allowAnonymous = yield* environment.read(variables.allowAnonymous, false)
  const unsure = environment.isRefused(variables.apiKeys) || environment.isRefused(variables.allowAnonymous)
  if (!isLoopback(host) && apiKeys.length === 0 && !allowAnonymous && !unsure) {
    environment.refuse(variables.host, host, loopbackOnly)
  }
  return {
    host,
    port,
    apiKeys,
    allowAnonymous,
    maxBodyBytes: yield* environment.read(variables.maxBodyBytes, 33_554_432),
    redisUrl: yield* environment.read(variables.redisUrl, undefined),
    logLevel: yield* environment.read(variables.logLevel, "Info"),
    logFormat: yield* environment.read(variables.logFormat, undefined)
  }
})

const settled = <A>(environment: Environment, values: A): Effect.Effect<A, InvalidSettings> =>
  environment.problems.length === 0 ? Effect.succeed(values) : Effect.fail(new InvalidSettings(environment.problems))

/** Reads the limits of the gate alone, for a program that has a HOST and a LOG_LEVEL of its own. */
export const limits: Effect.Effect<Preset.Limits, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  const { preset: _, ...limits } = yield* readLimits(environment)
  return yield* settled(environment, limits)
})

/** The endpoint of a model. */
export type Endpoint = Pick<Settings, "model" | "baseUrl" | "apiKey">

/** Reads the endpoint alone, for a program that wants a real model: fails if neither a URL nor a key is set. */
export const endpoint: Effect.Effect<Endpoint, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  const { simulated, ...endpoint } = yield* readEndpoint(environment)
  if (simulated) environment.refuse(Variables.service.baseUrl, "", "an http or https URL, unless OPENAI_API_KEY is set")
  return yield* settled(environment, endpoint)
})

/** Reads where the gateway listens, for a program that speaks to it. */
export const address: Effect.Effect<Pick<Settings, "host" | "port">, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  return yield* settled(environment, yield* readAddress(environment))
})

/** Reads all settings, and fails with every value that is not allowed. */
export const config: Effect.Effect<Settings, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  const values = {
    ...(yield* readLimits(environment)),
    ...(yield* readModel(environment)),
    ...(yield* readServer(environment))
  }
  yield* settled(environment, values)
  const { inForce } = environment
  // The one key that commands show is known as such only beside the keys that callers may show: without them it is more
  // likely a slip that leaves the gateway open.
  const known = [...inForce.map(({ name }) => name), ...(values.apiKeys.length > 0 ? ["HEADGATE_API_KEY"] : [])]
  return { ...values, inForce, unknown: yield* misspellings(["LLM", "HEADGATE"], known) }
})

/** Reads all settings for a gateway that serves, which would pass calls round for ever if it were its own endpoint. */
export const serving: Effect.Effect<Settings, Config.ConfigError> = Effect.gen(function* () {
  const settings = yield* config
  const { baseUrl, host, port } = settings
  const environment = new Environment()
  if (baseUrl !== undefined && leadsTo(baseUrl, host, port)) {
    environment.refuse(Variables.service.baseUrl, baseUrl, itself)
  }
  return yield* settled(environment, settings)
})
