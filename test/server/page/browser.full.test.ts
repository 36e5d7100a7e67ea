import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { executablePath, launch, visit } from "../../support/browser.ts"
import { onLoopback } from "../../support/gateway.ts"

const keys = [{ name: "ada", key: Redacted.make("key-of-ada") }]

// Without a browser it is left out on a desk, and fails where every change is tested.
describe.skipIf(executablePath === undefined && process.env["CI"] === undefined)("the page in a browser", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  })

  afterAll(() => browser.close())

  it.live("says when the connection is lost, and comes back by itself", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { url } = yield* Effect.provideService(onLoopback(), Scope.Scope, scope)
      const { act, sees } = yield* visit(browser)
      yield* act((page) => page.goto(url))
      yield* sees("#link", "live")
      yield* Scope.close(scope, Exit.void)
      yield* sees("#link", /^Connection lost, trying again … The figures are from \d\d:\d\d:\d\d\.$/)
      yield* onLoopback({}, Number(new URL(url).port))

      yield* sees("#link", /^live$/)
    })
  )

  it.live("asks for a key once, remembers it, and forgets it when told so", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback({ app: { apiKeys: keys } })
      const { act, sees } = yield* visit(browser)
      const show = (key: string) =>
        act(async (page) => {
          await page.getByLabel("Key").fill(key)
          await page.getByRole("button", { name: "Sign in" }).click()
        })
      yield* act((page) => page.goto(url))
      yield* show("key-of-eve")
      yield* sees("[role=alert]", "none of the keys")
      yield* show("key-of-ada")
      yield* sees("#link", "live")
      yield* act((page) => page.goto(`${url}/docs`))
      yield* sees("#swagger-ui", "/v1/chat/completions")
      yield* act((page) => page.goto(url))
      yield* sees("#link", "live")
      const cookies = yield* act((page) => page.evaluate("document.cookie"))
      const other = yield* act((page) => page.context().newPage())
      yield* Effect.promise(() => other.goto(url))
      yield* act((page) => page.getByRole("button", { name: "Sign out" }).click())
      yield* sees("label", "Key")
      yield* Effect.promise(() => other.getByText("Signed out. Sign in again").waitFor())

      assert.strictEqual(cookies, "")
    })
  )
})
