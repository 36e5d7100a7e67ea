import { assert, describe, it } from "@effect/vitest"
import { parseUrl } from "../../src/cli/command/Flags.ts"
import { localUrl } from "../../src/cli/GatewayClient.ts"
import { duration, number, percent, table } from "../../src/cli/Format.ts"

describe("Words", () => {
  it.each([
    [null, "-"],
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1234, "1.23 s"],
    [119_000, "119 s"],
    [120_000, "2 min"],
    [7_260_000, "2 h 1 min"],
    [200_000_000, "2 d 7 h"]
  ])("a time is told in the unit that fits: %s", (millis, text) => {
    assert.strictEqual(duration(millis), text)
  })

  it("numbers and shares have as many digits as it takes", () => {
    assert.deepStrictEqual([12345.6, 3.14159, 0.001].map(number), ["12,300", "3.14", "0"])
    assert.deepStrictEqual([0.12345, 1, 0.00001].map(percent), ["12.3 %", "100 %", "0 %"])
  })

  it("columns stand one under the other", () => {
    const rows = [
      ["a", "b"],
      ["long", "1"]
    ]

    assert.deepStrictEqual(table(rows), ["a     b", "long  1"])
  })
})

describe("Url", () => {
  it.each([
    ["localhost:3000", "http://localhost:3000"],
    ["https://gate.example.com/", "https://gate.example.com"],
    ["http://10.0.0.1:81/headgate/", "http://10.0.0.1:81/headgate"],
    ["[::1]:3000", "http://[::1]:3000"],
    ["ftp://gate", undefined],
    ["http://ada:secret@gate", undefined],
    ["http://gate?key=1", undefined],
    ["", undefined]
  ])("an address may leave its scheme out, and holds no secrets: %s", (text, url) => {
    assert.strictEqual(parseUrl(text), url)
  })

  it("a gateway that listens everywhere is near", () => {
    assert.strictEqual(localUrl("0.0.0.0", 1), "http://127.0.0.1:1")
    assert.strictEqual(localUrl("::1", 1), "http://[::1]:1")
  })
})
