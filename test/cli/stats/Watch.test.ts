import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { JobStats } from "../../../src/agents/JobStats.ts"
import type { Snapshot } from "../../../src/stats/Snapshot.ts"
import { run } from "../../support/cli.ts"
import { endpoint, onLoopback } from "../../support/gateway.ts"

/** A terminal whose output can be waited for. */
const terminal = () => {
  let text = ""
  const waiting = new Set<() => void>()
  return {
    write: (part: string) => {
      text += part
      for (const look of waiting) look()
    },
    text: () => text,
    shows: (pattern: RegExp) =>
      Effect.callback<void>((resume) => {
        const look = () => {
          if (!pattern.test(text)) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
      })
  }
}

const watching = Effect.fnUntraced(function* (url: string, env: Record<string, string> = {}) {
  const screen = terminal()
  const stop = yield* Deferred.make<void>()
  const watched = run(["stats", url], { env, stop: Deferred.await(stop), terminal: screen.write })
  const fiber = yield* Effect.forkChild(watched)
  const end = Effect.andThen(Deferred.succeed(stop, undefined), Fiber.join(fiber))
  return { ...screen, end }
})

const opened = "\u001b[?1049h\u001b[?25l"
const closed = "\u001b[?25h\u001b[?1049l"

describe("headgate stats on a terminal", () => {
  it.live("draws the figures anew when they change, and gives the screen back when it is told to stop", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback()
      const { end, shows, text } = yield* watching(url)
      yield* shows(/0 created/)
      stats.section(JobStats.section).onCreated()
      yield* shows(/1 created/)
      const { code } = yield* end

      assert.strictEqual(code, 0)
      assert.isTrue(text().startsWith(opened) && text().endsWith(closed))
      assert.include(text(), "\u001b[32mhealthy\u001b[0m")
    })
  )

  it.live("NO_COLOR leaves the colours out", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const { end, shows, text } = yield* watching(url, { NO_COLOR: "1" })
      yield* shows(/healthy/)
      yield* end

      // oxlint-disable-next-line no-control-regex
      assert.notMatch(text(), /\u001b\[\d+m/)
    })
  )

  it.live("a gateway that is lost is waited for", () =>
    Effect.gen(function* () {
      const { url: origin } = yield* onLoopback()
      const snapshot = yield* Effect.promise(() =>
        fetch(`${origin}/stats`).then((response) => response.json() as Promise<Snapshot>)
      )
      let streams = 0
      const { url } = yield* endpoint((request, response) => {
        if (!request.url?.endsWith("/stream")) return response.end(JSON.stringify(snapshot))
        streams++
        response.write(`data: ${JSON.stringify({ ...snapshot, uptimeMs: streams * 1000 })}\n\n`)
        return streams === 1 ? response.end() : response
      })
      const { end, shows } = yield* watching(url)
      yield* shows(/has closed the stream; trying again/)
      yield* shows(/up for .*2 s/)
      const { code } = yield* end

      assert.strictEqual(code, 0)
    })
  )

  it.live("a gateway that never answered is no reason to wait", () =>
    Effect.gen(function* () {
      const { close, url } = yield* endpoint((_request, response) => response.end())
      close()
      const { code, err } = yield* run(["stats", url], { terminal: () => {} })

      assert.strictEqual(code, 1)
      assert.match(err, /nothing listens/)
    })
  )
})
