// Runs calls that end in every way through the default stack, on real time, and checks that nothing is left of them.
//   npm run soak -- [minutes, 10 by default] [seed]
import { createProvider, Gate, Headgate, type Snapshot, Stats } from "../src/index.ts"
import { Cause, Effect, Exit, Fiber, Random, Stream } from "effect"

const minutes = Number(process.argv[2] ?? 10)
const seed = process.argv[3] ?? "1"
const workers = 200

// Limits that all bind within milliseconds, so that calls are queued, paced, refused, retried, timed out and cut.
const limits = {
  maxConcurrentRequests: 40,
  requestsPerSecond: 2000,
  burst: 20,
  maxQueueSize: 100,
  maxWait: "400 millis",
  circuitBreaker: { maxFailures: 30, timeout: 20 },
  requestTimeout: "60 millis",
  streamIdleTimeout: "40 millis",
  deadline: "300 millis",
  maxRetries: 2
} as const

type Failure = { readonly status: number; readonly retryAfter?: number }
type Chance = (below: number) => number

/** How the model ends a call: success and failures of every kind, a defect, an interruption, or never. */
const work = (chance: Chance): Effect.Effect<string, Failure> => {
  const answer = Effect.delay(Effect.succeed("answer"), chance(10))
  const endings: ReadonlyArray<Effect.Effect<string, Failure>> = [
    answer,
    answer,
    answer,
    answer,
    answer,
    Effect.succeed("answer"),
    Effect.delay(Effect.fail({ status: 500 }), chance(10)),
    Effect.fail({ status: 503 }),
    Effect.fail({ status: 400 }),
    Effect.fail({ status: 429, retryAfter: 2 }),
    Effect.die(new Error("defect")),
    Effect.interrupt,
    Effect.never,
    Effect.onInterrupt(Effect.never, () => Effect.sleep(5))
  ]
  return endings[chance(endings.length)]!
}

const optionsOf = (chance: Chance) => ({
  caller: `caller ${chance(2000)}`,
  priority: chance(3),
  permits: 1 + chance(2),
  weight: 1 + chance(3),
  ...(chance(4) === 0 ? { deadline: 1 + chance(60) } : {})
})

/** A call through the effect door, whose caller may leave at any moment. */
const effectCall = (chance: Chance) => {
  const call = Gate.pass(optionsOf(chance), work(chance))
  return chance(4) > 0
    ? call
    : Effect.flatMap(Effect.forkChild(call), (fiber) =>
        Effect.andThen(Effect.sleep(chance(30)), Fiber.interrupt(fiber))
      )
}

/** A streamed call, which ends, fails, falls silent or is left by its reader. */
const streamCall = (chance: Chance) => {
  const chunks = Stream.mapEffect(Stream.range(1, 5), (n) => Effect.delay(Effect.succeed(n), chance(4)))
  const ends = [Stream.empty, Stream.empty, Stream.fail<Failure>({ status: 500 }), Stream.never]
  const stream = Gate.stream(optionsOf(chance), Stream.concat(chunks, ends[chance(ends.length)]!))
  return Stream.runDrain(chance(3) === 0 ? Stream.take(stream, 2) : stream)
}

const pause = (millis: number) => new Promise<void>((resolve) => void setTimeout(resolve, millis))

/** A call through the promise door, which settles, hangs until it is aborted, or ignores its signal for a while. */
const promiseCall = (provider: Awaited<ReturnType<typeof createProvider>>, chance: Chance) =>
  Effect.tryPromise(() => {
    const [ending, millis] = [chance(6), chance(10)]
    const { deadline, ...options } = optionsOf(chance)
    const signal = chance(4) === 0 ? AbortSignal.timeout(1 + chance(30)) : undefined
    const task = async (aborts: AbortSignal) => {
      if (ending === 0) throw Object.assign(new Error("down"), { status: 500 })
      if (ending === 1)
        await new Promise((_, reject) => void (aborts.aborted ? reject() : aborts.addEventListener("abort", reject)))
      await pause(ending === 2 ? 100 : millis)
      return "answer"
    }
    return provider.run(task, { ...options, deadlineMs: deadline, signal })
  })

const heap = Effect.promise(async () => {
  for (let turn = 0; turn < 3; turn++) {
    await pause(0)
    globalThis.gc!()
  }
  return process.memoryUsage().heapUsed / 2 ** 20
})

/** What is wrong with the stats of a gate that is idle. */
const faults = (name: string, { queue, requests }: Snapshot): ReadonlyArray<string> => {
  const { cancelled, failed, inFlight, rejected, succeeded, timedOut, total } = requests
  const reasons = Object.values(requests.rejections).reduce((sum, count) => sum + count, 0)
  const gauges = { inFlight, queueSize: queue.queueSize, activeRequests: queue.activeRequests }
  return [
    ...Object.entries(gauges).flatMap(([gauge, value]) => (value === 0 ? [] : [`${name}: ${gauge} is ${value}`])),
    ...(total === succeeded + failed + rejected + cancelled + timedOut ? [] : [`${name}: outcomes do not add up`]),
    ...(reasons === rejected ? [] : [`${name}: rejections do not add up`])
  ]
}

const program = Effect.gen(function* () {
  const random = yield* Random.Random
  const chance: Chance = (below) => Math.floor(random.nextDoubleUnsafe() * below)
  const provider = yield* Effect.promise(() => createProvider({ ...limits, grace: "200 millis" }))
  const stats = yield* Stats
  const doors = [effectCall, effectCall, streamCall, (chance: Chance) => promiseCall(provider, chance)] as const
  let stopped = false
  // A fiber of its own for each call: the model's interruption must not end the worker.
  const call = Effect.suspend(() => Effect.flatMap(Effect.forkChild(doors[chance(doors.length)]!(chance)), Fiber.await))
  const worker = Effect.whileLoop({
    while: () => !stopped,
    body: () => Effect.andThen(call, Effect.sleep(chance(5))),
    step: () => {}
  })
  const running = yield* Effect.forkChild(Effect.replicateEffect(worker, workers, { concurrency: "unbounded" }))
  const heaps: Array<number> = []
  for (let minute = 1; minute <= minutes; minute++) {
    yield* Effect.sleep("1 minute")
    heaps.push(yield* heap)
    const [inside, outside] = [(yield* stats.snapshot).requests, provider.getStats().requests]
    console.log(`minute ${minute}: ${inside.total + outside.total} calls, heap ${heaps.at(-1)!.toFixed(1)} MiB`)
  }
  stopped = true
  yield* Fiber.await(running)
  // Work that ignores its signal is given up after the grace time.
  yield* Effect.sleep("1 second")

  const { requests } = yield* stats.snapshot
  console.log(`effects and streams: ${JSON.stringify(requests)}`)
  console.log(`promises: ${JSON.stringify(provider.getStats().requests)}`)
  const found = [...faults("effects", yield* stats.snapshot), ...faults("promises", provider.getStats())]
  // The first minute compiles the code and fills what is bounded.
  const [first = 0, ...others] = heaps.slice(1)
  const grown = others.map((each) => each / first).filter((ratio) => Math.abs(ratio - 1) > 0.1)
  if (grown.length > 0) found.push(`the heap is not flat: ${heaps.map((each) => each.toFixed(1)).join(", ")} MiB`)
  yield* Effect.promise(() => provider.close(0))
  return found
})

const exit = await Effect.runPromiseExit(
  program.pipe(Random.withSeed(seed), Effect.scoped, Effect.provide(Headgate.make(limits)))
)
if (Exit.isFailure(exit)) console.error(Cause.pretty(exit.cause))
else for (const fault of exit.value) console.error(fault)
const sound = Exit.isSuccess(exit) && exit.value.length === 0
console.log(sound ? "soak: every gauge is 0, the stats add up, the heap is flat" : "soak: failed")
process.exitCode = sound ? 0 : 1
