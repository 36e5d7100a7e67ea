import { Record as Records, Struct } from "effect"
import { decoder, type Given, leaves, type Values } from "./Options.ts"
import * as Table from "./Table.ts"

const { preset: _, ...rows } = Table.limits

/** The limits of a gate. Times are milliseconds; `Infinity` is a limit that is off. */
export interface Limits extends Values<typeof rows> {}

/** The names of the presets. */
export const names = Table.presets

/** A set of limits that suit a situation. */
export type Preset = (typeof names)[number]

/** What a preset changes; the other limits keep their defaults. */
const changes: Readonly<Record<Preset, Given<typeof rows>>> = {
  default: {},
  /** A high job rate: fewer calls at once and a shorter queue. */
  heavy: { maxConcurrentRequests: 2, requestsPerSecond: 1, maxQueueSize: 30, circuitBreaker: { maxFailures: 3 } },
  /** A low job rate: room for bursts, and patience with failures. */
  light: { maxConcurrentRequests: 5, requestsPerSecond: 3, maxQueueSize: 100, circuitBreaker: { maxFailures: 8 } },
  /** Frequent timeouts: one call at a time, and a circuit that opens soon and stays open long. */
  unstable: { maxConcurrentRequests: 1, requestsPerSecond: 0.5, circuitBreaker: { maxFailures: 2, timeout: 60_000 } },
  /** Any load: the limit follows the model, and calls that cannot end in time make room for those that can. */
  adaptive: {
    maxConcurrentRequests: Infinity,
    requestsPerSecond: Infinity,
    maxQueueSize: 1000,
    circuitBreaker: { maxFailures: Infinity }
  }
}

const limits = decoder(rows)

/** The limits of each preset. */
export const presets: Readonly<Record<Preset, Limits>> = Records.map(changes, (change) => limits(change, []))

/** The limits among settings of more kinds, and the preset, which also decides which policies hold them. */
export const limitsOf = (settings: Values<typeof Table.limits>): Values<typeof Table.limits> =>
  Struct.pick(settings, Object.keys(Table.limits) as ReadonlyArray<keyof typeof Table.limits>)

/** The variables of the limits that presets change. */
export const variables: ReadonlySet<string | undefined> = new Set(
  leaves(Struct.pick(rows, Object.values(changes).flatMap(Struct.keys))).map(({ facts }) => facts.env)
)
