/** A caller of a shared server; times and work in milliseconds. */
export interface Caller {
  readonly arrives: number
  readonly work: number
  readonly leaves: number
}

type End = readonly [how: string, when: number]

/** Computes the ends of all calls the plain way: what is left of each is counted down from event to event. */
export const expected = (
  callers: ReadonlyArray<Caller>,
  { queue, slots, slowdown }: { readonly slots: number; readonly queue: number; readonly slowdown: number }
): { readonly ends: ReadonlyArray<End>; readonly peak: number } => {
  const ends: Array<End | undefined> = callers.map(() => undefined)
  const left = callers.map(({ work }) => work)
  const arriving = callers.map((_, i) => i).sort((a, b) => callers[a]!.arrives - callers[b]!.arrives)
  let running: Array<number> = []
  let waiting: Array<number> = []
  let peak = 0
  let now = 0
  const end = (i: number, how: string) => {
    ends[i] = [how, now]
    running = running.filter((other) => other !== i)
    waiting = waiting.filter((other) => other !== i)
  }
  while (arriving.length + running.length + waiting.length > 0) {
    const slower = 1 + slowdown * (running.length - 1)
    const inside = [...running, ...waiting]
    const next = Math.min(
      ...arriving.slice(0, 1).map((i) => callers[i]!.arrives),
      ...running.map((i) => now + left[i]! * slower),
      ...inside.map((i) => callers[i]!.leaves)
    )
    for (const i of running) left[i]! -= (next - now) / slower
    now = next
    for (const i of running.filter((one) => left[one]! < 1e-6)) end(i, "200")
    for (const i of inside.filter((one) => ends[one] === undefined && callers[one]!.leaves <= now)) end(i, "left")
    running = running.concat(waiting.splice(0, slots - running.length))
    if (arriving.length > 0 && callers[arriving[0]!]!.arrives <= now) {
      const i = arriving.shift()!
      if (running.length < slots) running.push(i)
      else if (waiting.length < queue) waiting.push(i)
      else end(i, "429")
    }
    peak = Math.max(peak, running.length)
  }
  return { ends: ends.map((one) => one!), peak }
}
