import { Effect } from "effect"
import type { Now } from "../engine/Time.ts"
import { CircuitRecord } from "./CircuitRecord.ts"
import type { Bucket, Grant, Holding, Message, Port, Reservation, Slot } from "./Port.ts"

interface Record {
  granted: number
  released: number
  aliveUntil: number
  waitingSince: number
  wants: Array<number>
}

/**
 * The state of several replicas in this process: what the scripts of the Redis store do, in TypeScript.
 *
 * A replica that the store has left goes on with one of its own.
 */
export class MemoryStore {
  readonly #now: Now
  readonly #listeners = new Map<string, (message: Message) => void>()
  readonly #fullAt = new Map<string, number>()
  readonly #cooldowns = new Map<string, number>()
  readonly #permits = new Map<string, Map<string, Record>>()
  readonly #circuits = new Map<string, CircuitRecord>()
  readonly #replicas = new Map<
    string,
    { readonly seenAt: number; readonly lease: number; readonly figures: string; readonly limits: string }
  >()

  constructor(now: Now) {
    this.#now = now
  }

  /** The store as one replica sees it. */
  connect(replica: string, listener: (message: Message) => void): Port {
    this.#listeners.set(replica, listener)
    return {
      reserve: (request) => Effect.sync(() => this.#reserve(request)),
      putBack: (request, slot) => Effect.sync(() => this.#putBack(request, slot)),
      coolDown: (name, millis) => Effect.sync(() => this.#coolDown(name, millis)),
      permits: (holding, start) => Effect.sync(() => this.#settle(replica, holding, start)),
      circuit: (rules, event) =>
        Effect.sync(() => {
          const circuit = this.#circuits.get(rules.name) ?? new CircuitRecord(this.#now())
          this.#circuits.set(rules.name, circuit)
          const { admission, changed } = circuit.apply(rules, event, this.#now())
          if (changed) this.#tellAll({ _tag: "circuit", name: rules.name, view: admission })
          return admission
        }),
      beat: ({ figures, lease, limits }) =>
        Effect.sync(() => {
          this.#replicas.set(replica, { seenAt: this.#now(), lease, figures, limits })
          const alive = this.#alive()
          const others = alive.filter(([, other]) => other.limits !== limits)
          return { replicas: alive.length, different: others.map(([id, other]) => [id, other.limits]) }
        }),
      figures: Effect.sync(() =>
        this.#alive().map(([id, { figures, seenAt }]) => ({ replica: id, age: this.#now() - seenAt, figures }))
      ),
      leave: Effect.sync(() => {
        this.#replicas.delete(replica)
        this.#listeners.delete(replica)
      })
    }
  }

  #alive() {
    return [...this.#replicas].filter(([, { lease, seenAt }]) => seenAt + lease > this.#now())
  }

  #tell(replica: string, message: Message): void {
    this.#listeners.get(replica)?.(message)
  }

  #tellAll(message: Message): void {
    for (const listener of this.#listeners.values()) listener(message)
  }

  #reserve({ buckets, maxWait, name, units }: Reservation): Slot {
    const now = this.#now()
    let due = Math.max(now, this.#cooldowns.get(name) ?? now)
    let slowest = 0
    for (const [i, bucket] of buckets.entries()) {
      const dueOfBucket = this.#from(bucket, now) + (units[i]! - bucket.burst) * bucket.interval
      if (dueOfBucket > due) [due, slowest] = [dueOfBucket, i]
    }
    if (due - now > maxWait) return { delay: due - now, slowest, receipts: [] }
    const receipts = buckets.map((bucket, i) => {
      const before = this.#from(bucket, 0)
      const at = Math.max(before, due) + units[i]! * bucket.interval
      this.#fullAt.set(bucket.name, at)
      return `${at} ${before}`
    })
    return { delay: due - now, slowest, receipts }
  }

  #from({ name }: Bucket, at: number): number {
    return Math.max(this.#fullAt.get(name) ?? at, at)
  }

  #putBack({ buckets }: Reservation, { receipts }: Slot): void {
    for (const [i, { name }] of buckets.entries()) {
      const [at, before] = receipts[i]!.split(" ")
      if (String(this.#fullAt.get(name)) === at) this.#fullAt.set(name, Number(before))
    }
  }

  #coolDown(name: string, millis: number): void {
    const until = this.#now() + millis
    this.#cooldowns.set(name, Math.max(until, this.#cooldowns.get(name) ?? until))
    this.#tellAll({ _tag: "cooldown", name, millis })
  }

  #settle(replica: string, holding: Holding, start: Reservation | undefined): Grant {
    const { extra, granted, lease, limit, name, released, wants } = holding
    const now = this.#now()
    const records = this.#permits.get(name) ?? new Map<string, Record>()
    this.#permits.set(name, records)
    for (const [id, { aliveUntil }] of records) if (id !== replica && aliveUntil <= now) records.delete(id)
    const own = records.get(replica) ?? { granted, released, aliveUntil: 0, waitingSince: NaN, wants: [] }
    records.set(replica, own)
    own.granted = Math.max(own.granted, granted)
    own.released = Math.max(own.released, released)
    own.aliveUntil = now + lease
    // What was granted and has not been seen yet covers the first wants.
    let unseen = own.granted - granted
    own.wants = wants.filter((want) => (unseen >= want ? ((unseen -= want), false) : true))
    const isNew = Number.isNaN(own.waitingSince)
    if (own.wants.length === 0) own.waitingSince = NaN
    else if (isNew) own.waitingSince = now
    const isFirst = own.wants.length === wants.length
    const { free, served } = this.#grant(name, replica, records, limit)
    const isCalm = [...records.values()].every(({ wants }) => wants.length === 0)
    const taken = isCalm ? Math.max(0, Math.min(extra, free)) : 0
    own.granted += taken
    const others = [...records].filter(([id, { wants }]) => id !== replica && wants.length > 0).length
    if (own.wants.length > 0 && isNew) {
      for (const id of records.keys()) if (id !== replica) this.#tell(id, { _tag: "wanted", name })
    }
    const hasStart = start !== undefined && isFirst && served.has(replica)
    return {
      granted: own.granted,
      others,
      free: free - taken,
      start: hasStart ? this.#reserve(start) : undefined
    }
  }

  /** Hands free permits out: to the replica that has waited longest, one call at a time; returns how many are left. */
  #grant(name: string, replica: string, records: Map<string, Record>, limit: number) {
    const served = new Set<string>()
    let taken = 0
    for (const { granted, released } of records.values()) taken += granted - released
    for (let turn = 1; ; turn++) {
      const waiting = [...records].filter(([, { wants }]) => wants.length > 0)
      const first = waiting.sort(([, a], [, b]) => a.waitingSince - b.waitingSince)[0]
      if (first === undefined || taken + first[1].wants[0]! > limit) break
      const [id, record] = first
      const permits = record.wants.shift()!
      taken += permits
      record.granted += permits
      record.waitingSince = record.wants.length === 0 ? NaN : this.#now() + turn / 1000
      served.add(id)
    }
    for (const id of served)
      if (id !== replica) this.#tell(id, { _tag: "permits", name, granted: records.get(id)!.granted })
    return { free: limit - taken, served }
  }
}
