import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Logger, Schedule } from "effect"
import { EventEmitter } from "node:events"
import { join } from "node:path"
import * as Reload from "../../src/cli/Reload.ts"
import * as EndpointsFile from "../../src/config/EndpointsFile.ts"
import * as Preset from "../../src/config/Preset.ts"
import { Endpoints } from "../../src/upstream/Endpoints.ts"

const surroundings = { defaults: { ...Preset.presets.default, preset: "default" as const } }
const textOf = (weight: unknown) =>
  JSON.stringify({ endpoints: [{ name: "east", baseUrl: "https://east.test/v1", weight }] })

/** A file that is followed; what is logged, and the weight in force. */
const following = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  const file = join(folder, "headgate.json")
  yield* files.writeFileString(file, textOf(1))
  const { text, ...first } = yield* EndpointsFile.read(file, surroundings)
  const endpoints = yield* Endpoints.make(first, 64)
  const log: Array<string> = []
  const logger = Logger.make(({ message }) => void log.push(String(message)))
  const process = new EventEmitter()
  yield* Reload.follow({ file, text, surroundings, endpoints, process, pollEvery: "200 millis" }).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.forkScoped({ startImmediately: true })
  )
  const until = (holds: () => boolean) =>
    Effect.suspend(() => (holds() ? Effect.void : Effect.fail("not yet"))).pipe(
      Effect.retry(Schedule.spaced("20 millis")),
      Effect.timeout("20 seconds")
    )
  yield* until(() => process.listenerCount("SIGHUP") === 1)
  const weight = () => endpoints.current().endpoints[0]!.weight
  return { file, files, log, process, until, weight }
})

describe("Reload", () => {
  it.live("a file that is written, or replaced by another, is taken up", () =>
    Effect.gen(function* () {
      const { file, files, until, weight } = yield* following

      yield* files.writeFileString(file, textOf(2))
      yield* until(() => weight() === 2)
      yield* files.writeFileString(`${file}.new`, textOf(3))
      yield* files.rename(`${file}.new`, file)
      yield* until(() => weight() === 3)
      yield* files.remove(file)
      yield* files.writeFileString(file, textOf(4))
      yield* until(() => weight() === 4)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("a file with mistakes changes nothing, and the log says why, with line and path", () =>
    Effect.gen(function* () {
      const { file, files, log, process, until, weight } = yield* following

      yield* files.writeFileString(file, textOf(-1))
      yield* until(() => log.length === 1)
      assert.match(log[0]!, /headgate\.json:1: endpoints\[0\]\.weight=-1 is not allowed/)
      assert.strictEqual(weight(), 1)

      process.emit("SIGHUP")
      yield* until(() => log.length === 2)
      assert.strictEqual(log[1], log[0])

      yield* files.writeFileString(file, textOf(5))
      yield* until(() => weight() === 5)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("a file that is gone changes nothing; the log says so once, and when it is back", () =>
    Effect.gen(function* () {
      const { file, files, log, process, until, weight } = yield* following

      yield* files.remove(file)
      yield* until(() => log.length === 1)
      assert.match(log[0]!, /headgate\.json is not taken up.*\n.*it cannot be read: there is no such file$/)
      assert.strictEqual(weight(), 1)

      process.emit("SIGHUP")
      yield* until(() => log.length === 2)
      assert.strictEqual(log[1], log[0])
      yield* files.writeFileString(file, textOf(1))
      yield* until(() => log.length === 3)
      assert.match(log[2]!, /headgate\.json is taken up/)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("SIGHUP takes up the file, changed or not, whatever else changes in its folder", () =>
    Effect.gen(function* () {
      const { file, files, log, process, until } = yield* following

      process.emit("SIGHUP")
      yield* files.writeFileString(`${file}.neighbour`, "")
      yield* until(() => log.length === 1)

      assert.match(log[0]!, /headgate\.json is taken up/)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
