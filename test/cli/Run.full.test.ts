import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, FileSystem, Sink, Stdio } from "effect"
import { TestConsole } from "effect/testing"
import { type Order, run } from "../../src/cli/run/Run.ts"
import * as Trial from "../../src/cli/run/Trial.ts"
import * as Settings from "../../src/config/Settings.ts"
import type { Endpoint } from "../../src/stats/Snapshot.ts"
import { endpoint, onLoopback } from "../support/gateway.ts"

const env = (values: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnvRecord(values))

const usual: Order = { jobs: 40, style: "lean", compare: false, json: false, realTime: false, seed: 1 }

/** What the command prints. */
const printed = (
  flags: Partial<Order>,
  values: Record<string, string> = {},
  stop: Effect.Effect<void> = Effect.never
) =>
  run({ ...usual, ...flags }, stop).pipe(
    Effect.catchTag("Interrupted", () => Effect.void),
    Effect.andThen(TestConsole.logLines),
    Effect.map((lines) => lines.join("\n")),
    Effect.provide(env(values)),
    Effect.provide(TestConsole.layer),
    Effect.provide(NodeFileSystem.layer)
  )

/** A file of endpoints. */
const fileOf = (content: object) =>
  Effect.gen(function* () {
    const { makeTempFileScoped, writeFileString } = yield* FileSystem.FileSystem
    const file = yield* makeTempFileScoped()
    yield* writeFileString(file, JSON.stringify(content))
    return file
  }).pipe(Effect.provide(NodeFileSystem.layer))

const trial = (options: Partial<Trial.Options>, stop: Effect.Effect<void> = Effect.never) =>
  Effect.flatMap(Settings.config, (settings) =>
    Trial.run({ settings, style: "lean", jobs: 40, seed: 1, virtual: true, ...options }, stop)
  ).pipe(Effect.provide(env({})), Effect.provide(NodeFileSystem.layer))

describe("headgate run", () => {
  it.live("reports as JSON, and the same seed makes the same report", () =>
    Effect.gen(function* () {
      const reports = yield* Effect.forEach([7, 7, 8], (seed) => printed({ json: true, seed }))
      const { snapshot, tokensPerJob, virtual } = JSON.parse(reports[0]!)

      assert.strictEqual(reports[0], reports[1])
      assert.notStrictEqual(reports[0], reports[2])
      assert.isTrue(virtual)
      assert.strictEqual(snapshot.jobs.created, 40)
      assert.closeTo(tokensPerJob * snapshot.jobs.completed, snapshot.tokens.total, 1)
    })
  )

  it.live("makes the same report again where calls are refused and come back", () =>
    Effect.gen(function* () {
      const values = { JOBS_PER_MIN: "600", POPULATION_SIZE: "60", LLM_MAX_QUEUE_SIZE: "5" }
      const [one, two] = yield* Effect.forEach([1, 1], () => printed({ json: true }, values))

      assert.isAbove(JSON.parse(one!).snapshot.requests.rejected, 0)
      assert.strictEqual(one, two)
    })
  )

  it.live("compares both styles on the same jobs: seven tenths of the tokens less at the least, and no job less", () =>
    Effect.gen(function* () {
      const { lean, verbose } = JSON.parse(yield* printed({ compare: true, json: true, jobs: 100 }))

      assert.isBelow(lean.tokensPerJob, 0.3 * verbose.tokensPerJob)
      assert.isAtLeast(lean.completion, verbose.completion)
      assert.isBelow(lean.callsPerJob, verbose.callsPerJob)
    })
  )

  it.live("puts both styles side by side", () =>
    Effect.gen(function* () {
      const text = yield* printed({ compare: true, jobs: 10 })

      assert.match(text, /^ +verbose +lean +change$/m)
      assert.match(text, /^tokens a job +[\d,]+ +\d+ +-[\d.]+ %$/m)
      assert.match(text, /^jobs completed +[\d.]+ % +[\d.]+ %/m)
      assert.match(text, /^Jobs, model and the verbose baseline are headgate's own simulation/m)
    })
  )

  it.live.each(["lean", "verbose"] as const)(
    "stopped at any moment, nothing runs and every job is accounted for (%s)",
    (style) =>
      Effect.gen(function* () {
        for (const millis of [0, 1, 2000, 9000, 20_001, 20_300, 33_333, 61_000, 150_000]) {
          const { interrupted, snapshot } = yield* trial({ style, jobs: 30 }, Effect.sleep(millis))
          const { jobs, queue, requests } = snapshot

          assert.isTrue(interrupted)
          assert.strictEqual(jobs.created, jobs.completed + jobs.failed + jobs.pending)
          assert.deepStrictEqual([requests.inFlight, queue.queueSize, queue.activeRequests], [0, 0, 0])
          const { cancelled, failed, rejected, succeeded, timedOut, total } = requests
          assert.strictEqual(total, succeeded + failed + rejected + cancelled + timedOut)
        }
      })
  )

  it.live("stopped from outside, it still reports", () =>
    Effect.gen(function* () {
      const values = { JOBS_PER_MIN: "6000", LLM_REQUESTS_PER_SECOND: "unlimited" }
      const text = yield* printed({ realTime: true, jobs: 1_000_000 }, values, Effect.sleep("300 millis"))

      assert.match(text, /^Stopped: \d+ jobs created, \d+ completed, 0 failed, \d+ pending$/m)
      assert.notInclude(text, "virtual")
    })
  )

  it.live("interrupted, it ends at once", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(printed({ realTime: true }))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.live("works on any endpoint that speaks like OpenAI, and through its tools", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback({ limits: { maxConcurrentRequests: 100 } })
      const values = {
        OPENAI_BASE_URL: `${url}/v1`,
        POPULATION_SIZE: "5",
        JOBS_PER_MIN: "6000",
        LLM_REQUESTS_PER_SECOND: "unlimited"
      }
      const { snapshot, virtual } = JSON.parse(yield* printed({ json: true, jobs: 30 }, values))

      assert.isFalse(virtual)
      assert.strictEqual(snapshot.jobs.created, 30)
      assert.isAtLeast(snapshot.jobs.completed, 28)
      const { requests, tokens } = yield* stats.snapshot
      assert.strictEqual(requests.succeeded, snapshot.requests.succeeded)
      assert.strictEqual(tokens.total, snapshot.tokens.total)
    }).pipe(Effect.scoped)
  )

  it.live("works on the endpoints of a file, by the model that they serve", () =>
    Effect.gen(function* () {
      const limits = { maxConcurrentRequests: 100 }
      const [east, west] = [yield* onLoopback({ limits }), yield* onLoopback({ limits })]
      const down = yield* endpoint((_request, response) => void response.writeHead(503).end())
      const of = (name: string, baseUrl: string, aliases: object) => ({ name, baseUrl, aliases })
      const endpoints = [
        of("east", `${east.url}/v1`, { fast: "gpt-4o-mini" }),
        of("west", `${west.url}/v1`, { fast: "gpt-4o" }),
        of("down", down.url, { fast: "gpt-4o" }),
        of("other", down.url, { other: "gpt-4o" })
      ]
      const file = yield* fileOf({ endpoints })
      const values = {
        HEADGATE_CONFIG: file,
        LLM_MODEL: "fast",
        POPULATION_SIZE: "5",
        JOBS_PER_MIN: "6000",
        LLM_REQUESTS_PER_SECOND: "unlimited"
      }

      const { snapshot } = JSON.parse(yield* printed({ json: true, jobs: 30 }, values))
      const wrong = yield* Effect.flip(printed({}, { ...values, LLM_MODEL: "slow" }))

      assert.isAtLeast(snapshot.jobs.completed, 28)
      const [atEast, atWest, atDown, atOther] = snapshot.endpoints as ReadonlyArray<Endpoint>
      assert.strictEqual((yield* east.stats.snapshot).requests.succeeded, atEast!.requests.succeeded)
      assert.strictEqual((yield* west.stats.snapshot).requests.succeeded, atWest!.requests.succeeded)
      assert.strictEqual(snapshot.requests.succeeded, atEast!.requests.succeeded + atWest!.requests.succeeded)
      assert.isAbove(atWest!.requests.succeeded, 0)
      assert.isAbove(atDown!.requests.failed, 0)
      assert.strictEqual(atOther!.requests.total, 0)
      assert.strictEqual(
        snapshot.tokens.total,
        (yield* east.stats.snapshot).tokens.total + (yield* west.stats.snapshot).tokens.total
      )
      assert.strictEqual(
        wrong.message,
        "LLM_MODEL=slow is a model that no endpoint serves: set it to one of fast, other"
      )
    }).pipe(Effect.scoped)
  )

  it.live("says what is wrong with a file of endpoints", () =>
    Effect.gen(function* () {
      const file = yield* fileOf({ endpoints: [] })

      const error = yield* Effect.flip(printed({}, { HEADGATE_CONFIG: file, POPULATION_SIZE: "5" }))

      assert.include(error.message, `${file}:1: endpoints=`)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [{ POPULATION_SIZE: "0" }, /^POPULATION_SIZE is 0.*set it to a number from 1/],
    [{ OPENAI_API_KEY: "sk-test-key" }, /^POPULATION_SIZE is 0.*real endpoint/],
    [{ JOBS_PER_MIN: "0" }, /^JOBS_PER_MIN is 0.*set it/],
    [{ JOBS_PER_MIN: "many" }, /^JOBS_PER_MIN=many/]
  ] as const)("with %j it says what to do", ([values, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(printed({}, values))

      assert.match(error.message, message)
    })
  )

  it.live("shows its progress on a terminal, and there alone", () =>
    Effect.gen(function* () {
      const shown = Effect.fnUntraced(function* (terminal: boolean) {
        const written: Array<string> = []
        const stdio = Stdio.layerTest({
          stderrIsTerminal: Effect.succeed(terminal),
          stderr: () => Sink.forEach((text) => Effect.sync(() => written.push(String(text))))
        })
        yield* Effect.provide(printed({ jobs: 60 }), stdio)
        return written.join("")
      })

      assert.match(yield* shown(true), /\d+\/60 jobs, \d+ failed/)
      assert.strictEqual(yield* shown(false), "")
    })
  )
})
