import { Option, Schema } from "effect"
import { type Command, Flag } from "effect/cli"
import * as Preset from "../../config/Preset.ts"
import { circuitBreaker, limits } from "../../config/Table.ts"
import { json } from "../command/Json.ts"
import * as VariableFlag from "../command/VariableFlag.ts"

const number = (name: string, minimum: number, maximum: number, otherwise: number, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withSchema(Schema.Finite.check(Schema.isBetween({ minimum, maximum }))),
    Flag.withDefault(otherwise),
    Flag.withDescription(`${description}, ${minimum} to ${maximum}; ${otherwise}`)
  )

const whole = (text: string): ReadonlyArray<string> => text.split(",").map((part) => part.trim())

const loads = (text: string): Option.Option<ReadonlyArray<number>> => {
  const values = whole(text).map((part) => (part === "" ? NaN : Number(part)))
  return values.every((value) => value >= 0.1 && value <= 100_000) ? Option.some(values) : Option.none()
}

const presets = (text: string): Option.Option<ReadonlyArray<Preset.Preset>> => {
  const names = whole(text).map((part) => Preset.names.find((name) => name === part))
  return names.every((name) => name !== undefined) ? Option.some(names) : Option.none()
}

/** The flags of `headgate simulate`. */
export const flags = {
  load: Flag.String("load").pipe(
    Flag.filterMap(loads, () => "numbers from 0.1 to 100000, such as 30 or 10,30,90"),
    Flag.withDefault([30] as ReadonlyArray<number>),
    Flag.withDescription("Calls that arrive a minute, at random moments; several with commas; 30")
  ),
  preset: Flag.String("preset").pipe(
    Flag.filterMap(presets, () => `one or more of ${Preset.names.join(", ")}, with commas between`),
    Flag.withDefault(Preset.names as ReadonlyArray<Preset.Preset>),
    Flag.withDescription("Presets to compare, with commas; all")
  ),
  minutes: number("minutes", 0.1, 1440, 60, "Length in virtual time"),
  seed: Flag.Int("seed").pipe(
    Flag.withDefault(1),
    Flag.withDescription("What arrivals, lengths and faults are drawn from: the same seed gives the same table; 1")
  ),
  maxConcurrent: VariableFlag.make(
    "max-concurrent",
    limits.maxConcurrentRequests,
    "In place of the preset's: calls at once"
  ),
  perSecond: VariableFlag.make("per-second", limits.requestsPerSecond, "In place of the preset's: starts per second"),
  maxQueue: VariableFlag.make("max-queue", limits.maxQueueSize, "In place of the preset's: calls that may wait"),
  maxFailures: VariableFlag.make(
    "max-failures",
    circuitBreaker.maxFailures,
    "In place of the preset's: failures that open the circuit"
  ),
  openMs: VariableFlag.make(
    "open-ms",
    circuitBreaker.timeout,
    "In place of the preset's: how long the circuit stays open"
  ),
  deadlineMs: VariableFlag.make("deadline-ms", limits.deadline, "Longest time for a call, waiting included; 120000"),
  retries: VariableFlag.make("retries", limits.maxRetries, "Retries of failures that may pass; 2"),
  promptTokens: number("prompt-tokens", 1, 100_000, 200, "Tokens of each prompt"),
  replyTokens: number("reply-tokens", 1, 100_000, 120, "Tokens of a reply on average"),
  slots: number("slots", 1, 10_000, 8, "Replies the model writes at the same time"),
  tokensPerSecond: number("tokens-per-second", 0.001, 1_000_000, 100, "Speed of a reply that runs alone"),
  errorRate: number("error-rate", 0, 1, 0, "Share of requests the model fails"),
  hangRate: number("hang-rate", 0, 1, 0, "Share of requests the model never answers"),
  json
}

export type Flags = Command.Command.Config.Infer<typeof flags>
