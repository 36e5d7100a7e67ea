import type { Target } from "../../Call.ts"

/** So many models cooled down at once are the endpoint's own limit. */
const several = 2

// Names come from callers: those that were cooled down last are kept.
const mostEndpoints = 100
const mostModels = 1000

const keep = <A>(entries: Map<string, A>, name: string, value: A, most: number): void => {
  entries.delete(name)
  entries.set(name, value)
  const [oldest] = entries.keys()
  if (entries.size > most) entries.delete(oldest!)
}

/** Until when the models of endpoints are cooled down, in milliseconds of the gate's clock. */
export class Cooldowns {
  readonly #endpoints = new Map<string, Map<string, number>>()

  /** Cools a model down; a cooldown that lasts longer stays. */
  coolDown({ endpoint, model }: Target, until: number): void {
    const models = this.#endpoints.get(endpoint) ?? new Map<string, number>()
    keep(models, model, Math.max(until, models.get(model) ?? -Infinity), mostModels)
    keep(this.#endpoints, endpoint, models, mostEndpoints)
  }

  /** When calls may start: now, or once the model's cooldown, and that of its endpoint, is over. */
  startsAt({ endpoint, model }: Target, now: number): number {
    const models = this.#endpoints.get(endpoint)
    if (models === undefined) return now
    for (const [name, until] of models) if (until <= now) models.delete(name)
    if (models.size === 0) this.#endpoints.delete(endpoint)
    // The endpoint is cooled down as long as several of its models are.
    const ends = [...models.values()].sort((a, b) => b - a)
    return Math.max(now, models.get(model) ?? now, ends[several - 1] ?? now)
  }
}
