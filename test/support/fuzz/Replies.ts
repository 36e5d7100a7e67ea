import { brotliCompressSync, gzipSync } from "node:zlib"
import type { Draw } from "../wire/Draw.ts"
import { type Api, apis, usageEvent } from "../storm/Apis.ts"

/** What an endpoint writes in answer to a good request, and what the caller is owed. */
export interface ReplyCase {
  readonly kind: string
  readonly api: Api
  readonly streamed: boolean
  readonly parts: ReadonlyArray<Buffer>
  readonly then: "keeps" | "ends" | "resets"
  /**
   * The reply that the caller must get; `failure` if it must be told of one, in the reply or at the end of its stream;
   * `anything` that is well-formed.
   */
  readonly owed: { readonly status: number; readonly body: string } | "failure" | "anything"
  /** Whether the gateway cannot tell of a failure in its answer, and so may cut it off. */
  readonly mayBeCut?: boolean
}

type Made = Pick<ReplyCase, "owed"> &
  Partial<Pick<ReplyCase, "parts" | "then" | "mayBeCut">> & { readonly bytes: Buffer }
type Make = (draw: Draw, asked: { readonly api: Api; readonly id: string; readonly streamed: boolean }) => Made

const latin = (text: string) => Buffer.from(text, "latin1")
const json = "content-type: application/json"
const sse = "content-type: text/event-stream"

const sized = (body: string | Buffer, lines: ReadonlyArray<string> = [json], status = "200 OK"): Buffer => {
  const bytes = Buffer.from(body)
  const head = [`HTTP/1.1 ${status}`, ...lines, `content-length: ${bytes.length}`, "", ""].join("\r\n")
  return Buffer.concat([latin(head), bytes])
}

const chunk = (part: Buffer): Buffer => Buffer.concat([latin(`${part.length.toString(16)}\r\n`), part, latin("\r\n")])

const chunkedHead = (lines: ReadonlyArray<string>, status = "200 OK") =>
  latin([`HTTP/1.1 ${status}`, ...lines, "transfer-encoding: chunked", "", ""].join("\r\n"))

const chunked = (draw: Draw, body: string | Buffer, lines: ReadonlyArray<string>, trailers = ""): Buffer =>
  Buffer.concat([chunkedHead(lines), ...draw.cuts(Buffer.from(body), 12).map(chunk), latin(`0\r\n${trailers}\r\n`)])

/** A good answer, in one of the framings. */
const good = (
  draw: Draw,
  api: Api,
  id: string,
  streamed: boolean
): { readonly body: string; readonly bytes: Buffer } => {
  const body = streamed ? api.events!(id).join("") : api.answer(id)
  const lines = [streamed ? sse : json]
  return { body, bytes: draw.chance(0.5) || streamed ? chunked(draw, body, lines) : sized(body, lines) }
}

const untilClose = (body: string | Buffer, lines: ReadonlyArray<string>) =>
  Buffer.concat([latin(["HTTP/1.1 200 OK", ...lines, "connection: close", "", ""].join("\r\n")), Buffer.from(body)])

const noise = (draw: Draw, most: number): Buffer =>
  Buffer.from(Array.from({ length: 1 + draw.below(most) }, () => draw.below(256)))

const badLengths = ["abc", "-1", "+5", "5, 6", "0x10", "99999999999999999999", "1e3", "", "5 5"]

const badChunks = [
  "zz\r\nhello\r\n0\r\n\r\n",
  "-1\r\nhello\r\n",
  "5\r\nhelloworld\r\n0\r\n\r\n",
  "5\nhello\n0\n\n",
  "ffffffffffffffffff\r\nhello",
  "5\r\nhel",
  "5\r\nhello\r\n",
  "5\r\nhello\r\n0\r\n",
  "\r\n",
  "5;\x00\r\nhello\r\n0\r\n\r\n"
]

const oddHeads = [
  "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
  "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
  "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
  "HTTP/1.1 200 OK\r\na: b\x00c\r\n\r\n",
  "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n",
  "HTTP/1.1 200\r\n\r\n",
  "HTTP/1.1 200 OK\r\nfolded: a\r\n b\r\n\r\n",
  "HTTP/1.1  200 OK\r\n\r\n",
  "HTTP/1.1 OK\r\n\r\n",
  "HTTP/1.1 20 OK\r\n\r\n",
  "HTTP/1.1 2000 OK\r\n\r\n",
  "HTTP/1.1 -200 OK\r\n\r\n",
  "HTTP/2.0 200 OK\r\n\r\n",
  "HTTP/0.9 200 OK\r\n\r\n",
  "ICY 200 OK\r\n\r\n",
  "200 OK\r\n\r\n",
  "<html>no HTTP</html>",
  "SSH-2.0-OpenSSH_9.2\r\n",
  "\x16\x03\x01\x02\x00",
  "\r\n\r\n",
  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
  `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`,
  "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nframes"
]

// Those that mean a wait would hold up every other case.
const statuses = [
  200, 201, 202, 203, 205, 206, 207, 226, 250, 299, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406,
  409, 410, 411, 413, 415, 417, 418, 421, 422, 424, 425, 426, 428, 431, 444, 451, 498, 499, 500, 501, 502, 503, 504,
  505, 507, 508, 511, 520, 529, 530, 599, 600, 699, 700, 799, 900, 999
]

const oddLines = [
  "set-cookie: a=b\r\nset-cookie: c=d",
  "content-type: text/plain",
  "x-model: mod\xe8le",
  "x-model: \xe6\xa8\xa1\xe5\x9e\x8b",
  "x-emoji: \xf0\x9f\x99\x82",
  "x-raw: \xff\xfe",
  "x-empty:",
  "location: http://\xff/",
  "connection: x-secret\r\nx-secret: y",
  "keep-alive: timeout=0",
  "trailer: x",
  "upgrade: h2c",
  'alt-svc: h3=":443"',
  "x-request-id: a\r\nx-request-id: b",
  "x-request-id: \xff",
  "retry-after: soon",
  "date: x\r\ndate: y",
  "x-headgate-wait-ms: 5",
  "content-type: a\r\ncontent-type: b",
  "www-authenticate: Basic",
  "__proto__: x\r\nconstructor: y",
  Array.from({ length: 300 }, (_, i) => `x-${i}: y`).join("\r\n")
]

const oddEvents = [
  "data: {\n\n",
  "data:\n\n",
  "data\n\n",
  "data: null\n\n",
  "data: []\n\n",
  "data: 5\n\n",
  'data: "x"\n\n',
  'data: {"choices":null}\n\n',
  'data: {"choices":[null,5,[],{"index":"x"},{"index":-1},{"delta":5},{"delta":[[]]}]}\n\n',
  'data: {"choices":[{"index":1e99,"delta":{"content":["a",{"b":1}]}}]}\n\n',
  'data: {"usage":null,"choices":[]}\n\n',
  'data: {"usage":{"prompt_tokens":"x","completion_tokens":-1},"choices":[]}\n\n',
  'data: {"usage":{"prompt_tokens":1e400},"choices":[]}\n\n',
  'data: {"__proto__":{"error":1}}\n\n',
  ": comment\n\n",
  ":\n",
  "\n\n\n",
  "\r\r",
  "\r\n\r\n",
  "id: 1\nretry: x\n\n",
  "event: \n\n",
  "event: ping\ndata: {}\n\n",
  "event: \0\ndata: \0\n\n",
  "\ufeffdata: {}\n\n",
  "garbage\n\n",
  "data: a\rdata: b\r\r",
  "data: {\ndata: }\n\n",
  "foo: bar\ndata: {}\n\n",
  `data: ${"[".repeat(20_000)}\n\n`,
  `data: {"choices":[{"index":0,"delta":{"content":"${"x".repeat(200_000)}"}}]}\n\n`,
  `: ${"c".repeat(100_000)}\n\n`,
  'data: {"type":5}\n\n',
  'data: {"type":"message_delta","usage":5,"delta":null}\n\n',
  'data: {"type":"response.output_text.delta","delta":{}}\n\n',
  'data: {"error":null}\n\n',
  'data: {"error":""}\n\n'
]

const oddJson = [
  "",
  " ",
  "null",
  "[]",
  "{",
  "\0",
  "\ufeff{}",
  '{"usage":5}',
  '{"usage":{"prompt_tokens":1e400}}',
  '{"choices":[{}]}',
  '{"choices":5,"usage":[]}',
  '{"error":null}',
  '{"error":""}',
  '{"__proto__":1}',
  "<html></html>",
  "[".repeat(50_000),
  `{"x":"${"y".repeat(300_000)}"}`,
  "data: {}\n\n",
  "data: x"
]

const status200 = (body: string) => ({ status: 200, body })

/** The same events with other line ends, which mean the same. */
const withLineEnds = (body: string, end: string) => body.replaceAll("\n", end)

const makes: Readonly<Record<string, Make>> = {
  splits: (draw, { api, id, streamed }) => {
    const { body, bytes } = good(draw, api, id, streamed)
    return { bytes, parts: draw.cuts(bytes, draw.chance(0.2) ? 30 : 12), owed: status200(body) }
  },
  "line ends": (draw, { api, id }) => {
    const events = (api.events ?? apis["chat"]!.events!)(id).join("")
    if (api.events === undefined) return { bytes: sized(api.answer(id)), owed: status200(api.answer(id)) }
    const body = withLineEnds(events, draw.of(["\r\n", "\r", "\n"]))
    return { bytes: chunked(draw, body, [sse]), owed: status200(body) }
  },
  "until the connection closes": (_, { api, id, streamed }) => {
    const body = streamed ? api.events!(id).join("") : api.answer(id)
    return { bytes: untilClose(body, [streamed ? sse : json]), then: "ends", owed: status200(body) }
  },
  truncations: (draw, { api, id, streamed }) => {
    const { bytes } = good(draw, api, id, streamed)
    const then = draw.of(["ends", "resets", "keeps"] as const)
    // The last of the chunks may be all that is missing: then the answer itself is whole.
    return { bytes: bytes.subarray(0, draw.below(bytes.length - 8)), then, owed: streamed ? "anything" : "failure" }
  },
  "truncated streams": (draw, { api, id, streamed }) => {
    if (!streamed) return { bytes: Buffer.alloc(0), then: draw.of(["ends", "resets"] as const), owed: "failure" }
    // The last event alone may end it.
    const events = api.events!(id).slice(0, -2).join("")
    const bytes = untilClose(Buffer.from(events).subarray(0, draw.below(events.length)), [sse])
    return { bytes, then: draw.of(["ends", "resets"] as const), owed: "failure" }
  },
  lengths: (draw, { api, id }) => {
    const body = api.answer(id)
    const lie = draw.of([-10, -1, 1, 10, 100_000])
    const head = `HTTP/1.1 200 OK\r\n${json}\r\ncontent-length: ${Buffer.byteLength(body) + lie}\r\n\r\n`
    return {
      bytes: Buffer.from(head + body),
      then: draw.of(["ends", "resets"] as const),
      owed: lie > 0 ? "failure" : "anything"
    }
  },
  "bad lengths": (draw, { api, id }) => ({
    bytes: Buffer.from(`HTTP/1.1 200 OK\r\n${json}\r\ncontent-length: ${draw.of(badLengths)}\r\n\r\n${api.answer(id)}`),
    then: "ends",
    owed: "anything"
  }),
  chunking: (draw, { streamed }) => ({
    bytes: Buffer.concat([chunkedHead([streamed ? sse : json]), latin(draw.of(badChunks))]),
    then: draw.of(["ends", "resets", "keeps"] as const),
    owed: "failure"
  }),
  heads: (draw) => ({ bytes: latin(draw.of(oddHeads)), then: draw.of(["ends", "resets"] as const), owed: "anything" }),
  "status lines": (draw, { api, id }) => {
    const status = draw.of(statuses)
    const body = draw.chance(0.7) ? api.answer(id) : ""
    const phrase = draw.of(["OK", "", "\xff", "x".repeat(500)])
    return { bytes: sized(body, [json], `${status} ${phrase}`), owed: "anything" }
  },
  "statuses without a body": (draw) => ({
    bytes: latin(
      `HTTP/1.1 ${draw.of([204, 304])} None\r\n${draw.of(["", json + "\r\n", "content-length: 5\r\n"])}\r\n`
    ),
    owed: "anything"
  }),
  "interim replies": (draw, { api, id, streamed }) => {
    const interim = Array.from({ length: 1 + draw.below(4) }, () =>
      draw.of(["100 Continue", "102 Processing", "103 Early Hints\r\nlink: </a>; rel=preload", "199 Other", "110 \xff"])
    )
    const { body, bytes } = good(draw, api, id, streamed)
    const before = interim.map((line) => latin(`HTTP/1.1 ${line}\r\n\r\n`))
    return {
      bytes: Buffer.concat([...before, bytes]),
      owed: interim.some((line) => line.startsWith("100")) ? "anything" : status200(body)
    }
  },
  trailers: (draw, { api, id, streamed }) => {
    const body = streamed ? api.events!(id).join("") : api.answer(id)
    const trailers = draw.of(["x-checksum: abc\r\n", "a: b\r\nc: d\r\n", "set-cookie: a=b\r\n"])
    return { bytes: chunked(draw, body, [streamed ? sse : json], trailers), owed: status200(body) }
  },
  headers: (draw, { api, id, streamed }) => {
    const body = streamed ? api.events!(id).join("") : api.answer(id)
    const lines = [streamed ? sse : json, draw.of(oddLines)]
    return { bytes: chunked(draw, body, lines), owed: status200(body) }
  },
  encodings: (draw, { api, id, streamed }) => {
    const body = Buffer.from(streamed ? api.events!(id).join("") : api.answer(id))
    const [coding, bytes] = draw.of([
      ["gzip", gzipSync(body)],
      ["gzip", gzipSync(body).subarray(0, -9)],
      ["gzip", body],
      ["br", brotliCompressSync(body)],
      ["br", noise(draw, 50)],
      ["gzip, br", brotliCompressSync(gzipSync(body))],
      ["identity", body],
      ["nonsense", body],
      ["", body]
    ] as const)
    const lines = [streamed ? sse : json, `content-encoding: ${coding}`]
    const framed = draw.chance(0.5) ? chunked(draw, bytes, lines) : sized(bytes, lines)
    return { bytes: framed, owed: "anything", mayBeCut: true }
  },
  events: (draw, { api, id }) => {
    const events = [...(api.events ?? apis["chat"]!.events!)(id)]
    for (let i = 1 + draw.below(3); i > 0; i--)
      events.splice(draw.below(events.length), draw.below(2), draw.of(oddEvents))
    return { bytes: chunked(draw, events.join(""), [sse]), owed: "anything" }
  },
  "mutated events": (draw, { api, id }) => {
    const bytes = Buffer.from((api.events ?? apis["chat"]!.events!)(id).join(""))
    for (let i = 1 + draw.below(6); i > 0; i--)
      bytes[draw.below(bytes.length)] = draw.of([0, 10, 13, 34, 58, 123, 255, draw.below(256)])
    return { bytes: chunked(draw, bytes, [sse]), owed: "anything" }
  },
  "usage nobody asked for": (draw, { api, id, streamed }) => {
    if (!streamed || api !== apis["chat"])
      return { bytes: sized(api.answer(id)), owed: streamed ? "anything" : status200(api.answer(id)) }
    const events = api.events!(id)
    const body = [...events.slice(0, -1), usageEvent(id), ...events.slice(-1)].join("")
    return { bytes: chunked(draw, body, [sse]), owed: status200(events.join("")) }
  },
  "huge events": (draw, { streamed, api, id }) => {
    if (!streamed) return { bytes: sized(`{"x":"${"y".repeat(500_000)}"}`), owed: "anything" }
    const size = draw.chance(0.005) ? 20_000_000 : draw.below(400_000)
    const events = [...api.events!(id)]
    events.splice(draw.below(events.length), 0, `: ${"c".repeat(size)}\n\n`)
    return { bytes: chunked(draw, events.join(""), [sse]), owed: status200(events.join("")) }
  },
  bodies: (draw, { streamed }) => ({
    bytes: draw.chance(0.5)
      ? sized(draw.of(oddJson))
      : sized(draw.of(oddJson), [streamed ? sse : "content-type: text/html"]),
    owed: "anything"
  }),
  "second replies": (draw, { api, id, streamed }) => {
    const { body, bytes } = good(draw, api, id, streamed)
    const second = draw.of([sized('{"id":"stale"}'), noise(draw, 40), latin("\r\n\r\n"), bytes])
    return { bytes: Buffer.concat([bytes, second]), owed: streamed ? "anything" : status200(body) }
  },
  silence: (draw, { api, id, streamed }) => {
    const { bytes } = good(draw, api, id, streamed)
    return {
      bytes: bytes.subarray(0, draw.below(bytes.length - 8)),
      then: "keeps",
      owed: streamed ? "anything" : "failure"
    }
  },
  noise: (draw) => ({ bytes: noise(draw, 300), then: draw.of(["ends", "resets"] as const), owed: "anything" })
}

const kinds = Object.keys(makes)
const named = Object.values(apis)
const streamable = named.filter(({ events }) => events !== undefined)

/** Draws a case for a request with this id. */
export const replyCase = (draw: Draw, id: string): ReplyCase => {
  const drawn = draw.of(kinds)
  // Silence lasts until the gateway's own limit.
  const kind = (drawn === "silence" || drawn === "truncations") && draw.chance(0.5) ? "splits" : drawn
  const streamed = draw.chance(0.5)
  const api = draw.of(streamed ? streamable : named)
  const { bytes, parts, ...made } = makes[kind]!(draw, { api, id, streamed })
  return { kind, api, streamed, then: "keeps", ...made, parts: parts ?? draw.cuts(bytes) }
}
