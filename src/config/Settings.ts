import { Config, ConfigProvider, Effect } from "effect"
import { isLoopback, leadsTo } from "./Address.ts"
import { Environment, type InForce } from "./Environment.ts"
import { factsOf } from "./Field.ts"
import { describe, type Problem } from "./InvalidOptions.ts"
import { type Misspelling, misspellings } from "./Misspelling.ts"
import { type Values, withDefaults } from "./Options.ts"
import * as Preset from "./Preset.ts"
import * as Table from "./Table.ts"

/** What is in force, from the environment, the preset and the defaults. */
export interface Settings extends Values<typeof Table.settings> {
  /** Whether the built-in simulated model answers, because neither a base URL nor a key is set. */
  readonly simulated: boolean
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

const loopbackOnly =
  "an address of loopback, unless HEADGATE_API_KEYS is set or HEADGATE_ALLOW_ANONYMOUS=true lets everyone in"

const readLimits = Effect.fnUntraced(function* (environment: Environment) {
  const { preset: row, ...rows } = Table.limits
  const { preset } = yield* environment.read({ preset: row })
  const isNamed = environment.isGiven(row)
  const limits = yield* environment.read(Preset.withPreset(rows, preset), (variable) =>
    isNamed && Preset.variables.has(variable) ? "preset" : "default"
  )
  return { preset, ...limits }
})

const readEndpoint = Effect.fnUntraced(function* (environment: Environment) {
  const endpoint = yield* environment.read(Table.endpoint)
  const { apiKey, baseUrl } = Table.endpoint
  return { ...endpoint, simulated: !environment.isGiven(baseUrl) && !environment.isGiven(apiKey) }
})

const readServer = Effect.fnUntraced(function* (environment: Environment) {
  const rows = Table.server
  const server = yield* environment.read(rows)
  const unsure = environment.isRefused(rows.apiKeys) || environment.isRefused(rows.allowAnonymous)
  if (!isLoopback(server.host) && server.apiKeys.length === 0 && !server.allowAnonymous && !unsure) {
    environment.refuse(rows.host, server.host, loopbackOnly)
  }
  return server
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
export type Endpoint = Values<typeof Table.endpoint>

/** Reads the endpoint alone, for a program that wants a real model: fails if neither a URL nor a key is set. */
export const endpoint: Effect.Effect<Endpoint, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  const { simulated, ...endpoint } = yield* readEndpoint(environment)
  if (simulated) environment.refuse(Table.endpoint.baseUrl, "", "an http or https URL, unless OPENAI_API_KEY is set")
  return yield* settled(environment, endpoint)
})

/** Reads where the gateway listens, for a program that speaks to it. */
export const address: Effect.Effect<Values<typeof Table.address>, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  return yield* settled(environment, yield* environment.read(Table.address))
})

/** Reads all settings, and fails with every value that is not allowed. */
export const config: Effect.Effect<Settings, Config.ConfigError> = Effect.gen(function* () {
  const environment = new Environment()
  const limits = yield* readLimits(environment)
  const { simulated, ...endpoint } = yield* readEndpoint(environment)
  // Against a real endpoint agents cost money, so they run only if someone asks for them.
  const agents = yield* environment.read(withDefaults(Table.agents, simulated ? {} : { populationSize: 0 }))
  const upstream = yield* environment.read(Table.upstream)
  const values = { ...limits, ...endpoint, simulated, ...upstream, ...agents, ...(yield* readServer(environment)) }
  yield* settled(environment, values)
  const { inForce } = environment
  const names = inForce.map(({ name }) => name)
  // The key that commands show is known only beside the keys that callers may show: without them it is more likely a slip
  // that leaves the gateway open.
  const known = values.apiKeys.length > 0 ? [...names, factsOf(Table.client.key).text!.variable] : names
  return { ...values, inForce, unknown: yield* misspellings(["LLM", "HEADGATE"], known) }
})

/** Reads all settings for a gateway that serves, which would pass calls round for ever if it were its own endpoint. */
export const serving: Effect.Effect<Settings, Config.ConfigError> = Effect.gen(function* () {
  const settings = yield* config
  const { baseUrl, host, port } = settings
  const environment = new Environment()
  if (baseUrl !== undefined && leadsTo(baseUrl, host, port)) {
    environment.refuse(Table.endpoint.baseUrl, baseUrl, itself)
  }
  return yield* settled(environment, settings)
})
