import type { Snapshot } from "./Snapshot.ts"

interface Entry {
  readonly caller: string
  // That of the busiest caller forgotten: else those that were busy once would keep each newcomer out for ever.
  readonly start: number
  total: number
  inFlight: number
  rejected: number
}

const kept = 100
const shown = 10

const rank = ({ start, total }: Entry) => start + total

/**
 * Counts calls by caller in a bounded table.
 *
 * Callers in flight are always in it, and each with more than a hundredth of all calls. A caller that was forgotten is
 * counted anew when it returns.
 */
export class Callers {
  private readonly entries = new Map<string, Entry>()
  private forgotten = 0
  private bound = 2 * kept

  get size(): number {
    return this.entries.size
  }

  arrived(caller: string): void {
    const entry = this.entries.get(caller) ?? this.enter(caller)
    entry.total++
    entry.inFlight++
  }

  ended(caller: string, rejected: boolean): void {
    const entry = this.entries.get(caller)
    if (entry === undefined) return
    entry.inFlight--
    if (rejected) entry.rejected++
  }

  /** The busiest callers, the busiest first. */
  busiest(): Snapshot["callers"] {
    if (this.entries.size > 2 * kept) this.forget()
    const top: Array<Entry> = []
    for (const entry of this.entries.values()) {
      if (top.length === shown && entry.total <= top[shown - 1]!.total) continue
      top.splice(shown - 1, 1)
      top.push(entry)
      top.sort((a, b) => b.total - a.total)
    }
    return top.map(({ caller, inFlight, rejected, total }) => ({ caller, total, inFlight, rejected }))
  }

  private enter(caller: string): Entry {
    if (this.entries.size >= this.bound) this.forget()
    const entry: Entry = { caller, start: this.forgotten, total: 0, inFlight: 0, rejected: 0 }
    this.entries.set(caller, entry)
    return entry
  }

  // Many at once, and seldom: one by one, a stream of new names would search the table at each call.
  private forget(): void {
    const idle = [...this.entries.values()].filter(({ inFlight }) => inFlight === 0)
    idle.sort((a, b) => rank(b) - rank(a))
    for (const entry of idle.slice(kept)) {
      this.entries.delete(entry.caller)
      this.forgotten = Math.max(this.forgotten, rank(entry))
    }
    this.bound = 2 * Math.max(kept, this.entries.size)
  }
}
