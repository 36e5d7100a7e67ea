import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { createProvider, InvalidOptions, RejectionError } from "../src/index.ts"
import { make, type Options, type Provider } from "../src/Provider.ts"
import { adds, byHand, pass, provider, settled, turn } from "./support/provider.ts"

const codeOf = ({ value }: { readonly value: unknown }) => (value instanceof RejectionError ? value.code : value)

describe("close", () => {
  it.effect("refuses new calls, lets those inside end, and is over when the last has", () =>
    Effect.gen(function* () {
      const provided = yield* provider({ maxConcurrentRequests: 1 })
      const { attempts, work } = byHand()
      const inside = [settled(provided.run(work)), settled(provided.run(work))]
      const closing = settled(provided.close())
      const late = settled(provided.run(work))
      yield* turn
      assert.strictEqual(codeOf(late), "shutting_down")
      attempts[0]!.resolve("first")
      yield* pass(1)
      assert.strictEqual(closing.is, "pending")
      attempts[1]!.resolve("second")
      yield* pass(1)

      assert.deepStrictEqual(
        inside.map(({ value }) => value),
        ["first", "second"]
      )
      assert.strictEqual(closing.is, "fulfilled")
      assert.deepInclude(provided.getStats().requests, { total: 3, succeeded: 2, rejected: 1, inFlight: 0 })
    })
  )

  it.effect(
    "ends back-offs at once, what runs or waits after its time and not later, and gives up work that goes on",
    () =>
      Effect.gen(function* () {
        const provided = yield* provider({
          maxConcurrentRequests: 2,
          maxRetries: 5,
          circuitBreaker: { maxFailures: Infinity }
        })
        const { attempts, seen, work } = byHand()
        const failure = { status: 503, headers: { "retry-after": "600" } }
        const backing = settled(provided.run(() => Promise.reject(failure)))
        yield* turn
        const running = [settled(provided.run(work)), settled(provided.run(work))]
        const waiting = settled(provided.run(work))
        const closing = settled(provided.close("3 seconds"))
        yield* pass(2999)
        // A retry would be refused: nothing is gained by waiting for it.
        assert.strictEqual(backing.value, failure)
        assert.deepStrictEqual(
          [...running, waiting, closing].map(({ is }) => is),
          Array(4).fill("pending")
        )
        yield* pass(1)

        assert.deepStrictEqual([...running, waiting].map(codeOf), Array(3).fill("shutting_down"))
        assert.strictEqual(closing.is, "fulfilled")
        assert.isTrue(seen.signals.every(({ aborted }) => aborted))
        const { queue, requests } = provided.getStats()
        assert.deepInclude(requests, { total: 4, timedOut: 2, rejected: 1, inFlight: 0, zombies: 2 })
        assert.deepInclude(queue, { queueSize: 0, activeRequests: 0 })
        assert.isTrue(adds(provided))
        for (const { resolve } of attempts) resolve("at last")
        yield* turn
        assert.strictEqual(provided.getStats().queue.activeRequests, 0)
      })
  )

  it.effect("does not begin a backoff whose retry would be refused", () =>
    Effect.gen(function* () {
      const provided = yield* provider({ maxRetries: 5 })
      const { attempts, work } = byHand()
      const call = settled(provided.run(work))
      const closing = settled(provided.close())
      attempts[0]!.reject("down")
      yield* pass(1)

      assert.deepStrictEqual([call.value, closing.is], ["down", "fulfilled"])
      assert.strictEqual(provided.getStats().requests.failed, 1)
    })
  )

  it.effect("is over at once where nothing runs, as often as it is called", () =>
    Effect.gen(function* () {
      const { close, run } = yield* provider()
      yield* Effect.promise(() => run(() => 1))
      yield* Effect.promise(() => close())
      yield* Effect.promise(() => close("1 second"))
      yield* Effect.promise(() => Promise.all([close(), close()]))
    })
  )

  it.effect("may be hurried", () =>
    Effect.gen(function* () {
      const { close, run } = yield* provider()
      const { work } = byHand()
      const call = settled(run(work))
      const patient = settled(close("1 hour"))
      yield* pass(1)
      const hasty = settled(close(0))
      yield* pass(1)

      assert.deepStrictEqual(
        [call, patient, hasty].map(({ is }) => is),
        ["rejected", "fulfilled", "fulfilled"]
      )
    })
  )

  it.effect("names a time that is none", () =>
    Effect.gen(function* () {
      const { close } = yield* provider()
      const wrong = settled(close(-1))
      yield* turn

      assert.match(String(wrong.value), /within=-1 is not allowed: a duration from 0/)
      yield* Effect.promise(() => close())
    })
  )
})

describe("createProvider", () => {
  const inEnvironment = (values: Record<string, string>, options?: Options) =>
    make(options).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(values))))
  const limitsOf = ({ getStats }: Provider) => {
    const { circuitBreaker, queue, rate } = getStats()
    return [queue.maxConcurrent, queue.maxSize, rate.perSecond, circuitBreaker.maxFailures]
  }
  const wrongs = (values: Record<string, string>, options?: Options) =>
    Effect.map(Effect.flip(inEnvironment(values, options)), String)

  it.effect("takes the limits given, or else those of the environment", () =>
    Effect.gen(function* () {
      const values = { LLM_MAX_CONCURRENT_REQUESTS: "7", LLM_PRESET: "light", PORT: "not ours" }

      assert.deepStrictEqual(limitsOf(yield* inEnvironment({})), [3, 50, 2, 5])
      assert.deepStrictEqual(limitsOf(yield* inEnvironment(values)), [7, 100, 3, 8])
      assert.deepStrictEqual(limitsOf(yield* inEnvironment(values, { grace: 1000, preset: undefined })), [7, 100, 3, 8])
      assert.deepStrictEqual(limitsOf(yield* inEnvironment(values, { preset: "heavy", maxQueueSize: 9 })), [2, 9, 1, 3])
    })
  )

  it.effect("names every option that is wrong, and every variable", () =>
    Effect.gen(function* () {
      const wrong = { maxQueueSize: -1, requestTimeout: 0, grace: -3, closeWithin: NaN }
      const options = yield* wrongs({}, wrong)
      for (const [name, value] of Object.entries(wrong)) assert.include(options, `${name}=${value} is not allowed`)
      assert.match(yield* wrongs({}, { grace: NaN }), /^InvalidOptions: grace=NaN is not allowed/)
      const values = { LLM_MAX_QUEUE_SIZE: "many", LLM_MAX_RETRIES: "21" }
      assert.match(
        yield* wrongs(values, { grace: -1 }),
        /^InvalidOptions: LLM_MAX_QUEUE_SIZE=many is not allowed[^]*LLM_MAX_RETRIES=21[^]*grace=-1/
      )
    })
  )

  it.live("rejects with what is wrong", () =>
    Effect.promise(async () => {
      const error = await createProvider({ maxQueueSize: -1 }).catch((error: unknown) => error)

      assert.instanceOf(error, InvalidOptions)
      assert.instanceOf(error, Error)
      assert.include(error.message, "maxQueueSize=-1")
    })
  )

  it.live("is closed where its scope ends", () =>
    Effect.promise(async () => {
      const { attempts, work } = byHand()
      let call
      {
        await using provider = await createProvider({ closeWithin: 0 })
        call = settled(provider.run(work))
      }

      assert.strictEqual(codeOf(call), "shutting_down")
      attempts[0]!.resolve("too late")
    })
  )

  it.live("keeps no process alive that has nothing left to do, whether it was closed or not", () =>
    Effect.promise(async () => {
      const module = join(import.meta.dirname, "../src/index.ts")
      const ends = async (end: string) => {
        const program = `
          import { createProvider } from ${JSON.stringify(module)}
          const provider = await createProvider()
          console.log(await provider.run(async () => "done"))
          ${end}
          process.on("exit", () => console.log(performance.now() - begun < 25_000))
          const begun = performance.now()`
        const { stdout } = await promisify(execFile)("node", ["--input-type=module", "-e", program])
        assert.strictEqual(stdout, "done\ntrue\n")
      }
      await Promise.all(["", "await provider.close()"].map(ends))
    })
  )
})
