import { assert, describe, it, vi } from "@effect/vitest"

type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

const scripts = new URL("../../../src/server/page/assets/", import.meta.url)

/** The scripts of the page have no types: these are what the tests rely on. */
const load = async <A>(name: string): Promise<A> => (await import(new URL(name, scripts).href)) as A

const format = await load<{
  readonly count: (value: number | null) => string
  readonly of: (value: number | null) => string
  readonly share: (value: number | null | undefined) => string
  readonly time: (millis: number | null) => string
}>("format.js")

const history = await load<{
  readonly append: (columns: Columns, more: Columns) => Columns
  readonly latest: (columns: Columns, seconds: number, step: number) => Columns
}>("history.js")

const link = await load<{ readonly repeat: (every: number, work: () => Promise<void>) => () => void }>("link.js")

const replicas = await load<{
  readonly rows: (cluster: object) => ReadonlyArray<{ readonly cells: ReadonlyArray<string>; readonly tone: string }>
}>("replicas.js")

describe("the page's replicas", () => {
  it("are all together, then each, this one first", () => {
    const figures = (running: number, total: number, status: string) => ({
      health: { status },
      queue: { activeRequests: running, maxConcurrent: 5, queueSize: 0 },
      rate: { startsLastSecond: total },
      requests: { total, successRate: 0.5 }
    })
    const seen = "2026-01-01T10:00:00.000Z"
    const rows = replicas.rows({
      ...figures(3, 10, "unhealthy"),
      replicas: [
        { id: "11111111-2222", seen, figures: figures(1, 0, "healthy") },
        { id: "33333333-4444", seen, figures: figures(2, 10, "unhealthy") }
      ]
    })

    assert.deepStrictEqual(
      rows.map(({ cells, tone }) => [...cells.slice(0, 3), cells[6], tone]),
      [
        ["all", "unhealthy", "3 of 5", "50 %", "bad"],
        ["11111111 (this one)", "healthy", "1 of 5", "–", ""],
        ["33333333", "unhealthy", "2 of 5", "50 %", "bad"]
      ]
    )
  })
})

describe("the page's rounds", () => {
  it("go on after one that failed", async () => {
    const waits: Array<number> = []
    vi.stubGlobal("document", { hidden: false })
    vi.stubGlobal("setTimeout", (_round: unknown, millis: number) => waits.push(millis))
    const reported: Array<unknown> = []
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error))
    link.repeat(4_000, () => Promise.reject("An answer of another form"))
    await new Promise(setImmediate)
    vi.unstubAllGlobals()

    assert.deepStrictEqual([reported, waits], [["An answer of another form"], [4_000]])
  })
})

describe("the page's figures", () => {
  it("times are in the unit that people would choose", () => {
    assert.deepStrictEqual(
      [0, 0.4, 999, 999.6, 1_234, 59_940, 99_600, 150_000, 7_200_000, 400_000_000].map(format.time),
      ["0 ms", "0 ms", "999 ms", "1 s", "1.23 s", "59.9 s", "1.66 min", "2.5 min", "2 h", "4.63 days"]
    )
  })

  it("a share is rounded, but never to all or nothing", () => {
    assert.deepStrictEqual([0, 0.0001, 0.5, 0.123, 0.9999, 1, 1.2].map(format.share), [
      "0 %",
      "< 0.1 %",
      "50 %",
      "12.3 %",
      "99.9 %",
      "100 %",
      "120 %"
    ])
  })

  it("what is not known is a dash, and a limit that is off is none", () => {
    assert.deepStrictEqual([format.share(null), format.share(undefined), format.time(null)], ["–", "–", "–"])
    assert.deepStrictEqual([format.of(null), format.of(2.5)], ["no limit", "of 2.5"])
    assert.deepStrictEqual([0, 99_999, 1_234_567].map(format.count), ["0", "99,999", "1.235M"])
  })
})

describe("the page's history", () => {
  const told = { time: [1_000, 2_000], starts: [1, 2], circuit: ["closed", "open"] }

  it("takes what is new, and what it has only once", () => {
    const more = { time: [2_000, 3_000], starts: [9, 3], circuit: ["closed", "closed"] }
    const all = history.append(history.append({}, told), more)

    assert.deepStrictEqual(all, {
      time: [1_000, 2_000, 3_000],
      starts: [1, 2, 3],
      circuit: ["closed", "open", "closed"]
    })
    assert.strictEqual(history.append(all, { time: [], starts: [], circuit: [] }), all)
  })

  it("does not grow without bound", () => {
    let columns: Columns = {}
    for (let second = 0; second < 5_000; second += 100) {
      const time = Array.from({ length: 100 }, (_, index) => (second + index) * 1_000)
      columns = history.append(columns, { time, starts: time })
    }

    assert.isBelow(columns["time"]!.length, 3_800)
    assert.strictEqual(columns["time"]!.at(-1), 4_999_000)
  })

  it("joins seconds to steps that begin at round moments: means, and the worst state", () => {
    const columns = {
      time: [2_000, 3_000, 4_000, 5_000, 6_000, 7_000],
      starts: [9, 1, 2, 3, 5, 8],
      latencyP50: [9, null, null, null, 70, 80],
      circuit: ["open", "closed", "half-open", "open", "closed", "closed"]
    }

    assert.deepStrictEqual(history.latest(columns, 5, 2), {
      time: [4, 6, 7],
      starts: [1.5, 4, 8],
      latencyP50: [null, 70, 80],
      circuit: ["half-open", "open", "closed"]
    })
  })
})
