import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type Piece, SseSplitter } from "../../../src/upstream/events/SseSplitter.ts"

const encoder = new TextEncoder()

/** Cuts a text into parts at these places, and splits them. */
const split = (text: string, cuts: ReadonlyArray<number> = []) => {
  const bytes = encoder.encode(text)
  const splitter = new SseSplitter()
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const pieces: Array<Piece> = []
  for (const [i, from] of [0, ...places].entries()) pieces.push(...splitter.push(bytes.subarray(from, places[i])))
  return { pieces, rest: splitter.rest }
}

const text = (pieces: ReadonlyArray<Piece | undefined>) =>
  Buffer.concat(pieces.flatMap((piece) => piece?.bytes ?? [])).toString()

const events = ({ pieces }: ReturnType<typeof split>) => pieces.flatMap(({ event }) => event ?? [])

const all =
  ": hello\n\ndata: one\n\nevent: b\r\ndata: two\r\ndata:  lines é😀\r\n\r\n: wait\nid: 7\rdata\r\rdata:{}\n: within\n\n\n\ndata: last"

describe("SseSplitter", () => {
  it("tells events apart, whatever ends their lines", () => {
    const { pieces, rest } = split(all)

    assert.deepStrictEqual(events({ pieces, rest }), [
      { name: undefined, data: "one" },
      { name: "b", data: "two\n lines é😀" },
      { name: undefined, data: "" },
      { name: undefined, data: "{}" }
    ])
    assert.strictEqual(text([rest]), "data: last")
    assert.deepStrictEqual(rest?.event, { name: undefined, data: "last" })
  })

  it("hands comments on as their lines end, and events when they are whole", () => {
    const splitter = new SseSplitter()
    const push = (part: string) => text(splitter.push(encoder.encode(part)))

    assert.strictEqual(push(": wai"), "")
    assert.strictEqual(push("t\n"), ": wait\n")
    assert.strictEqual(push("\ndata: o"), "\n")
    assert.strictEqual(push("ne\n: a comment of the event\n"), "")
    assert.strictEqual(push("\ndata: two\n\n"), "data: one\n: a comment of the event\n\ndata: two\n\n")
    assert.strictEqual(push("data: x\r"), "")
    assert.strictEqual(push("\n\r"), "data: x\r\n\r")
    assert.strictEqual(push("\n"), "\n")
    assert.isUndefined(splitter.rest)
  })

  it.effect.prop(
    "wherever the bytes are cut, all of them come, and the same events",
    { cuts: Schema.Array(Schema.Natural) },
    ({ cuts }) =>
      Effect.sync(() => {
        const { pieces, rest } = split(all, cuts)

        assert.strictEqual(text([...pieces, rest]), all)
        assert.deepStrictEqual(events({ pieces, rest }), events(split(all)))
      }),
    { arbitrary: { size: 60 } }
  )

  it("an event that is too long is passed on unread, and the next is read again", () => {
    const splitter = new SseSplitter()
    const part = encoder.encode("x".repeat(2 ** 20))
    let passed = splitter.push(encoder.encode("data: ")).length
    for (let i = 0; i < 40; i++) {
      for (const { bytes, event } of splitter.push(part)) {
        passed += bytes.length
        assert.isUndefined(event)
      }
    }

    const pieces = splitter.push(encoder.encode("\n\ndata: short\n\n"))

    assert.isAbove(passed, 30 * 2 ** 20)
    assert.deepStrictEqual(
      pieces.map(({ event }) => event?.data),
      [undefined, "short"]
    )
  })
})
