import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { executablePath, launch, visit } from "../../support/browser.ts"
import { chat, onLoopback } from "../../support/gateway.ts"
import { hasRedis, redis } from "../../support/redis.ts"

const rude = '<img src=x onerror="document.title=1">'

const call = (url: string, caller: string) =>
  Effect.promise(async () =>
    (await fetch(`${url}/v1/chat/completions`, chat({}, { "x-headgate-caller": caller }))).text()
  )

// Without a browser it is left out on a desk, and fails where every change is tested.
describe.skipIf(executablePath === undefined && process.env["CI"] === undefined)("the page in a browser", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  })

  afterAll(() => browser.close())

  it.live(
    "shows figures as they change, charts and advice, loads nothing from elsewhere, and says names as they are",
    () =>
      Effect.gen(function* () {
        const { url } = yield* onLoopback()
        const { act, asked, complaints, sees } = yield* visit(browser)
        yield* act((page) => page.goto(url))
        yield* sees("#link", "live")
        yield* sees("#summary", "Nothing has passed yet")
        yield* call(url, rude)
        yield* call(url, "ada")
        yield* sees("#callers", "ada")
        yield* sees("#summary", "All is well")
        yield* sees("#status", "Healthy")
        yield* sees("#targets li", "of the calls that start succeed")
        const cells = yield* act((page) => page.locator("#callers tbody th").allTextContents())
        // They are drawn once the history has been fetched.
        yield* act((page) => page.locator("#charts canvas").nth(3).waitFor())
        const charts = yield* act((page) => page.locator("#charts canvas").count())

        assert.sameMembers(cells, [rude, "ada"])
        assert.strictEqual(charts, 4)
        assert.deepStrictEqual([...asked], [url])
        assert.deepStrictEqual(complaints, [])
      })
  )

  it.live("the last calls fit in whatever is as wide as a screen or a phone, up to what would have helped", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      yield* call(url, "a-name-of-sixty-four-characters-".repeat(2))
      const { act, sees } = yield* visit(browser)
      yield* act((page) => page.goto(url))
      yield* sees("#calls td", "a-name-of-sixty-four")
      for (const width of [1920, 1280, 400]) {
        yield* act((page) => page.setViewportSize({ width, height: 900 }))
        const hidden = yield* act((page) =>
          page.locator(".scroll.calls").evaluate((card) => card.scrollWidth - card.clientWidth)
        )

        assert.strictEqual(hidden, 0, `${width} px`)
      }
    })
  )

  it.live.skipIf(!hasRedis)("shows each replica that shares the limits", () =>
    Effect.gen(function* () {
      const store = { url: (yield* redis).url, lease: 1000 }
      const { url } = yield* onLoopback({ store })
      yield* onLoopback({ store })
      yield* call(url, "ada")
      const { act, complaints, sees } = yield* visit(browser)
      yield* act((page) => page.goto(url))
      yield* sees("#replicas", "this one")
      const rows = yield* act((page) => page.locator("#replicas tbody tr").count())

      assert.strictEqual(rows, 3)
      assert.deepStrictEqual(complaints, [])
    })
  )
})
