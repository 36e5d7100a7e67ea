import { Config, ConfigProvider, Effect, Record as Records } from "effect"
import { isLoopback, leadsTo } from "./Address.ts"
import { type Facts, factsOf, type Fields, readText, refuse } from "./Field.ts"
import { lines, printable, type Problem } from "./InvalidOptions.ts"
import { describe, type Misspelling, misspellings } from "./Misspelling.ts"
import { leaves, type Values, withDefaults } from "./Options.ts"
import * as Preset from "./Preset.ts"
import * as Table from "./Table.ts"

/** A variable and its value in force, as it would be written; `undefined` for none, `<redacted>` for secrets. */
export interface InForce {
  readonly name: string
  readonly value: string | undefined
  readonly source: "environment" | "preset" | "default"
}

/** What is in force, from the environment, the preset and the defaults. */
export interface Settings extends Values<typeof Table.settings> {
  /** Whether the built-in simulated model answers, because neither a base URL nor a key is set. */
  readonly simulated: boolean
  /** Every variable with its value, as it would be written, and where that came from. */
  readonly inForce: ReadonlyArray<InForce>
  /** Variables that begin like ours and are not known; worth a warning. */
  readonly unknown: ReadonlyArray<Misspelling>
}

/** A configuration with values that are not allowed; its message has a line for each, and for each variable that is not known. */
export class InvalidSettings extends Config.ConfigError {
  readonly problems: ReadonlyArray<Problem>
  readonly unknown: ReadonlyArray<Misspelling>

  constructor(problems: ReadonlyArray<Problem>, unknown: ReadonlyArray<Misspelling> = []) {
    super(new ConfigProvider.SourceError({ message: lines(problems) }))
    this.problems = problems
    this.unknown = unknown
  }

  override get message(): string {
    return [lines(this.problems), ...this.unknown.map(describe)].join("\n")
  }
}

type Texts = Readonly<Record<string, string>>

const isSet = (row: Fields[string], texts: Texts): boolean => (texts[factsOf(row).env!] ?? "") !== ""

/** Decodes the variables of rows or takes their defaults; a value that is not allowed is `undefined`, with a problem. */
const valuesOf = <const F extends Fields>(rows: F, texts: Texts, problems: Array<Problem>): Partial<Values<F>> =>
  Records.map(rows, (row) => {
    const facts = factsOf(row)
    return facts.fields === undefined
      ? readText(facts, texts[facts.env!] ?? "", problems)
      : valuesOf(facts.fields, texts, problems)
  }) as Partial<Values<F>>

const inForceOf = (rows: Fields, texts: Texts): ReadonlyArray<InForce> =>
  leaves(rows).map(({ facts }) => {
    const { env = "", hide = String, show = String } = facts
    const value = readText(facts, texts[env]!, [])
    const shown = value === undefined ? "" : printable(hide(show(value as never)))
    const unset = isSet(Table.limits.preset, texts) && Preset.variables.has(env) ? "preset" : "default"
    return { name: env, value: shown === "" ? undefined : shown, source: texts[env] === "" ? unset : "environment" }
  })

/** A rule about several variables, reported of one of them; a value that is not allowed is `undefined`. */
interface Rule {
  readonly row: Fields[string]
  readonly allowed: string
  readonly isBroken: (values: Partial<Values<typeof Table.settings>>, simulated: boolean) => boolean
}

/** Reads rows of the table from the environment, and fails with every value that is not allowed. */
const read = Effect.fnUntraced(function* <const F extends Fields>(table: F, rules: ReadonlyArray<Rule> = []) {
  const variable = (name: string) => Config.map(Config.withDefault(Config.String(name), ""), (text) => text.trim())
  const text = ({ alias, env = "" }: Facts) =>
    alias === undefined
      ? variable(env)
      : Config.map(Config.all([variable(alias), variable(env)]), ([first, second]) => first || second)
  const texts = yield* Config.all(Records.fromIterableWith(leaves(table), ({ facts }) => [facts.env!, text(facts)]))
  const { apiKey, baseUrl } = Table.endpoint
  const simulated = ![apiKey, baseUrl, Table.upstream.configFile].some((row) => isSet(row, texts))
  const { preset = "default" } = valuesOf({ preset: Table.limits.preset }, texts, [])
  // Against a real endpoint agents cost money, so they run only if someone asks for them.
  const rows = withDefaults(table, { ...Preset.presets[preset], ...(simulated ? {} : { populationSize: 0 }) })
  const problems: Array<Problem> = []
  const values = valuesOf(rows, texts, problems)
  for (const { allowed, isBroken, row } of rules) {
    const facts = factsOf(row)
    if (isBroken(values, simulated)) refuse({ ...facts, allowed }, texts[facts.env!]!, problems, facts.env!)
  }
  if (problems.length > 0) return yield* Effect.fail(new InvalidSettings(problems))
  return { values: values as Values<F>, simulated, inForce: inForceOf(rows, texts) }
})

/** Reads the limits of the gate alone, for a program that has a HOST and a LOG_LEVEL of its own. */
export const limits: Effect.Effect<Values<typeof Table.limits>, Config.ConfigError> = Effect.map(
  read(Table.limits),
  ({ values }) => values
)

/** The endpoint of a model. */
export type Endpoint = Values<typeof Table.endpoint>

const needed: Rule = {
  row: Table.endpoint.baseUrl,
  allowed: "an http or https URL, unless OPENAI_API_KEY is set",
  isBroken: (_values, simulated) => simulated
}

/** Reads the endpoint alone, for a program that wants a real model: fails if neither a URL nor a key is set. */
export const endpoint: Effect.Effect<Endpoint, Config.ConfigError> = Effect.map(
  read(Table.endpoint, [needed]),
  ({ values }) => values
)

/** Reads where the gateway listens, for a program that speaks to it. */
export const address: Effect.Effect<Values<typeof Table.address>, Config.ConfigError> = Effect.map(
  read(Table.address),
  ({ values }) => values
)

const loopbackOnly: Rule = {
  row: Table.server.host,
  allowed: "an address of loopback, unless HEADGATE_API_KEYS is set or HEADGATE_ALLOW_ANONYMOUS=true lets everyone in",
  isBroken: ({ allowAnonymous, apiKeys, host }) =>
    host !== undefined && !isLoopback(host) && apiKeys?.length === 0 && allowAnonymous === false
}

const notItself: Rule = {
  row: Table.endpoint.baseUrl,
  allowed: "an endpoint that is not this gateway itself, which listens there (HOST, PORT)",
  isBroken: ({ baseUrl, host, port }) =>
    baseUrl !== undefined && host !== undefined && port !== undefined && leadsTo(baseUrl, host, port)
}

const unknown = misspellings(
  ["LLM", "HEADGATE"],
  leaves(Table.settings).map(({ facts }) => facts.env!)
)

const readAll = Effect.fnUntraced(function* (rules: ReadonlyArray<Rule>) {
  const { values, ...rest } = yield* Effect.catch(read(Table.settings, rules), (error) =>
    error instanceof InvalidSettings
      ? Effect.flatMap(unknown, (unknown) => Effect.fail(new InvalidSettings(error.problems, unknown)))
      : Effect.fail(error)
  )
  return { ...values, ...rest, unknown: yield* unknown }
})

/** Reads all settings. */
export const config: Effect.Effect<Settings, Config.ConfigError> = readAll([loopbackOnly])

/** Reads all settings for a gateway that serves, which would pass calls round for ever if it were its own endpoint. */
export const serving: Effect.Effect<Settings, Config.ConfigError> = readAll([loopbackOnly, notItself])
