/** A call that waits for the model, as the schedule sees it. */
export interface Job {
  /** Lower goes first, whatever the rest says. */
  readonly tier: number
  /** How long it takes up the gate, in milliseconds. */
  readonly cost: number
  /** When it must start to end in time. */
  readonly latestStart: number
  readonly arrivedAt: number
  /** Whether the schedule has room for it. */
  fits: boolean
}

const byTierThenLatestStart = (a: Job, b: Job): number => a.tier - b.tier || a.latestStart - b.latestStart

/**
 * Marks the jobs that can all start in time, as many as possible: in the order of their latest starts, whenever one would
 * be late, the longest so far is left out (Moore and Hodgson, 1968).
 *
 * `backlog` is how long running jobs take up the gate, in milliseconds. Jobs of a lower tier are given room
 * first. Returns whether all fit.
 */
export const fit = (jobs: Array<Job>, backlog: number, at: number): boolean => {
  jobs.sort(byTierThenLatestStart)
  const kept: Array<Job> = []
  let all = true
  let cost = backlog
  for (const job of jobs) {
    job.fits = true
    push(kept, job)
    cost += job.cost
    // The job starts when the work before it is done.
    while (kept.length > 0 && at + cost - job.cost > job.latestStart) {
      const longest = pop(kept)
      longest.fits = false
      cost -= longest.cost
      all = false
      if (longest === job) break
    }
  }
  return all
}

// A binary heap with the longest job of the highest tier at its root.

const goesOut = (a: Job, b: Job): boolean => (a.tier === b.tier ? a.cost > b.cost : a.tier > b.tier)

const push = (heap: Array<Job>, job: Job): void => {
  let index = heap.push(job) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!goesOut(job, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = job
}

const pop = (heap: Array<Job>): Job => {
  const top = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return top
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && goesOut(heap[child + 1]!, heap[child]!)) child++
    if (!goesOut(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
  return top
}
