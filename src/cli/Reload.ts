import { Duration, Effect, FileSystem, Queue, Schedule, Stream } from "effect"
import type { EventEmitter } from "node:events"
import { basename, dirname } from "node:path"
import * as EndpointsFile from "../config/EndpointsFile.ts"
import type { Endpoints } from "../upstream/Endpoints.ts"

export interface Options {
  readonly file: string
  /** The text of the file that is in force. */
  readonly text: string
  readonly surroundings: EndpointsFile.Surroundings
  readonly endpoints: Endpoints["Service"]
  /** Where `SIGHUP` is heard. */
  readonly process: EventEmitter
  /** How often the file is looked at: events get lost on networks, and volumes of containers. Default: 5 s. */
  readonly pollEvery?: Duration.Input
}

// An editor or a deployment makes several changes at once.
const settles = "100 millis"

const hangups = (process: EventEmitter): Stream.Stream<"SIGHUP"> =>
  Stream.callback((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const heard = () => void Queue.offerUnsafe(queue, "SIGHUP")
        process.on("SIGHUP", heard)
        return heard
      }),
      (heard) => Effect.sync(() => void process.off("SIGHUP", heard))
    )
  )

/** Tells that the file may have changed: its folder is watched, since files are often replaced and not written. */
const changes = (file: string, pollEvery: Duration.Input) =>
  Stream.unwrap(
    Effect.map(FileSystem.FileSystem, ({ watch }) =>
      Stream.catch(watch(dirname(file) || "."), (error) =>
        Stream.fromEffectDrain(
          Effect.logWarning(
            `${basename(file)} is looked at every ${Duration.format(Duration.fromInputUnsafe(pollEvery))}: its folder cannot be watched`,
            error
          )
        )
      )
    )
  ).pipe(
    Stream.map(() => "changed" as const),
    Stream.merge(Stream.map(Stream.fromSchedule(Schedule.spaced(pollEvery)), () => "changed" as const))
  )

/** Takes up what a file of endpoints says as it changes, and on `SIGHUP`; a file with mistakes changes nothing. */
export const follow = ({ endpoints, file, pollEvery = "5 seconds", process, surroundings, text }: Options) => {
  let seen: string | undefined = text
  let missing = 0
  let failed: string | undefined
  // Kept beside the events: of those that come together only the last is left.
  let asked = false
  const load = Effect.fnUntraced(function* (isAsked: boolean) {
    const { readFileString } = yield* FileSystem.FileSystem
    const now = yield* Effect.orElseSucceed(readFileString(file), () => undefined)
    missing = now === undefined ? missing + 1 : 0
    // While it is being replaced there may be no file for a moment.
    if (!isAsked && (now === seen || missing === 1)) return
    seen = now
    const { text: _, ...settings } = yield* EndpointsFile.read(file, surroundings)
    yield* endpoints.update(settings)
    failed = undefined
    const names = settings.endpoints.map(({ name }) => name).join(", ")
    yield* Effect.logInfo(`${file} is taken up`, { endpoints: names })
  })
  return Stream.merge(changes(file, pollEvery), hangups(process)).pipe(
    Stream.tap((event) => Effect.sync(() => void (asked ||= event === "SIGHUP"))),
    Stream.debounce(settles),
    Stream.runForEach(() => {
      const isAsked = asked
      asked = false
      return Effect.catch(load(isAsked), (error) => {
        if (error.message === failed && !isAsked) return Effect.void
        failed = error.message
        return Effect.logError(`${file} is not taken up, and what was in force stays:\n${error.message}`)
      })
    })
  )
}
