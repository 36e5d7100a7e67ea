import { Effect } from "effect"
import { now, type Now } from "../engine/Time.ts"

/** What happened, to whom and when, in milliseconds of the clock the log was made on. */
export interface Entry {
  readonly at: number
  readonly who: string
  readonly what: string
}

/** Notes what happens, in the order in which it does. */
export class EventLog {
  readonly entries: Array<Entry> = []
  readonly #now: Now

  private constructor(clock: Now) {
    this.#now = clock
  }

  /** Makes an empty log on the clock in the context. */
  static readonly make: Effect.Effect<EventLog> = Effect.map(now, (clock) => new EventLog(clock))

  /** Notes an event of this moment. */
  note(who: string, what: string): void {
    this.entries.push({ at: this.#now(), who, what })
  }

  /** A line an event: its time, who, and what. */
  get lines(): ReadonlyArray<string> {
    const width = Math.max(0, ...this.entries.map(({ at }) => written(at).length))
    return this.entries.map(({ at, what, who }) => `${written(at).padStart(width)}  ${who} ${what}`)
  }
}

const written = (at: number) => `${Number(at.toFixed(3))} ms`
