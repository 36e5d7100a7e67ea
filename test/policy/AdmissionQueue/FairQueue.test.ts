import { assert, describe, it } from "@effect/vitest"
import { ResolvedOptions } from "../../../src/Call.ts"
import { FairQueue, type Waiter } from "../../../src/policy/AdmissionQueue/FairQueue.ts"

class Waiting implements Waiter<Waiting> {
  readonly call: { readonly options: ResolvedOptions }
  previous: Waiting | undefined = undefined
  next: Waiting | undefined = undefined
  flow = undefined
  charged = undefined
  arrivedAt = NaN
  order = 0

  constructor(caller: string, priority: number) {
    this.call = { options: ResolvedOptions.of({ caller, priority }) }
  }
}

const queueOf = (calls: ReadonlyArray<readonly [caller: string, priority: number]>) => {
  const queue = new FairQueue<Waiting>({ priorityAging: Infinity, newestFirstAfter: Infinity, groupWeight: () => 1 })
  for (const call of calls) queue.add(new Waiting(...call), 0)
  return queue
}

/** How many are served before a call that comes now. */
const servedBefore = (queue: FairQueue<Waiting>, waiting: Waiting): number => {
  queue.add(waiting, 0)
  let served = 0
  for (let { head } = queue; head !== waiting; head = queue.start(0)) served++
  return served
}

describe("FairQueue", () => {
  for (const { ahead, caller, calls, name, priority } of [
    { name: "nobody but the head", calls: [["eve", 1]], caller: "ada", priority: 1, ahead: 1 },
    {
      name: "the caller's own, and no less urgent ones of others",
      calls: [
        ["eve", 1],
        ["ada", 1],
        ["ada", 1],
        ["bob", 2],
        ["bob", 2],
        ["bob", 2]
      ],
      caller: "ada",
      priority: 1,
      ahead: 3
    },
    {
      name: "all that are more urgent",
      calls: [
        ["eve", 1],
        ["bob", 0],
        ["bob", 0]
      ],
      caller: "ada",
      priority: 1,
      ahead: 3
    }
  ] as const) {
    it(`counts those that go before a call: ${name}`, () => {
      const queue = queueOf(calls)
      const newcomer = new Waiting(caller, priority)

      assert.deepStrictEqual([queue.ahead(newcomer.call.options, 0), servedBefore(queue, newcomer)], [ahead, ahead])
    })
  }
})
