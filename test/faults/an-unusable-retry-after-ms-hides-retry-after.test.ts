import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Failure } from "../../src/index.ts"

const after = (headers: Record<string, string>) => {
  const wait = Failure.retryAfterOf(Object.assign(new Error("limited"), { status: 429, headers: new Headers(headers) }))
  return wait && Duration.toMillis(wait)
}

describe("an-unusable-retry-after-ms-hides-retry-after", () => {
  it.each(["", " ", "soon", "-1", "NaN", "Infinity", "0x10", "1e3s", "1s", "null", "undefined"])(
    "where retry-after-ms is %j, retry-after counts",
    (millis) => {
      assert.strictEqual(after({ "retry-after-ms": millis, "retry-after": "1" }), 1000)
    }
  )

  it.each(["", "soon", "-5", "Infinity", "tomorrow, 9:00"])(
    "where retry-after is %j, retry-after-ms counts",
    (seconds) => {
      assert.strictEqual(after({ "retry-after-ms": "250", "retry-after": seconds }), 250)
    }
  )

  it.each([
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": " 2 " }, 2000],
    [{ "retry-after": "1, 3" }, 3000],
    [{ "retry-after": "soon, 3" }, 3000],
    [{ "retry-after-ms": "0", "retry-after": "1" }, 0],
    [{ "retry-after": "Mon, 30 Nov 2026 10:00:05 GMT", date: "Mon, 30 Nov 2026 10:00:00 GMT" }, 5000],
    [{ "retry-after-ms": "", "retry-after": "" }, undefined],
    [{ "retry-after-ms": "-1" }, undefined],
    [{}, undefined]
  ])("%j asks to wait %s ms", (headers, millis) => {
    assert.strictEqual(after(headers as Record<string, string>), millis)
  })

  it("headers that cannot be read do not hide those of the response", () => {
    const error = { status: 429, headers: { "retry-after": "" }, response: { headers: { "retry-after": "2" } } }

    assert.deepStrictEqual(Failure.retryAfterOf(error), Duration.seconds(2))
  })
})
