import { gzipSync } from "node:zlib"
import type { Draw } from "../wire/Draw.ts"
import { requestOf } from "../wire/RawCaller.ts"
import { apis } from "../storm/Apis.ts"

/** Bytes that a caller writes, and what they may bring about. */
export interface RequestCase {
  readonly kind: string
  readonly bytes: Buffer
  /** The ids of the requests in it that are well-formed, in their order. */
  readonly ids: ReadonlyArray<string>
  /** Whether nothing of it may reach the endpoint. */
  readonly isAmbiguous?: boolean
  /** Whether the replies have no bodies. */
  readonly isHead?: boolean
  /** How the caller goes on: it waits for what the gateway does, or leaves at once. */
  readonly then: "waits" | "half-closes" | "resets"
}

type Made = Omit<RequestCase, "kind" | "then"> & Partial<Pick<RequestCase, "then">>
type Make = (draw: Draw, id: string) => Made

const crlf = "\r\n"
const latin = (text: string) => Buffer.from(text, "latin1")
const path = "/v1/chat/completions"
const named = Object.values(apis)

/** A good body of an API; the same id comes back in the answer. */
export const bodyOf = (id: string, ask: object = apis["chat"]!.ask): string => JSON.stringify({ model: id, ...ask })

const good = (draw: Draw, id: string, headers: Readonly<Record<string, string>> = {}): Buffer => {
  const api = draw.of(named)
  return requestOf(api.path, bodyOf(id, api.ask), { "x-request-id": id, ...headers })
}

/** A request whose head is written by hand, with a body as it is. */
const byHand = (
  id: string,
  lines: ReadonlyArray<string>,
  body: string | Buffer = "",
  start = `POST ${path} HTTP/1.1`
) =>
  Buffer.concat([
    latin([start, "host: 127.0.0.1", `x-request-id: ${id}`, ...lines, "", ""].join(crlf)),
    typeof body === "string" ? Buffer.from(body) : body
  ])

const noise = (draw: Draw, most: number): Buffer =>
  Buffer.from(Array.from({ length: 1 + draw.below(most) }, () => draw.below(256)))

const starts = [
  "GARBAGE",
  "",
  " ",
  `POST ${path}`,
  `post ${path} HTTP/1.1`,
  `POST ${path} HTTP/1.0`,
  `POST ${path} HTTP/0.9`,
  `POST ${path} HTTP/2.0`,
  `POST ${path} HTTP/9.9`,
  `POST ${path} HTTP/1.1 extra`,
  `POST  ${path} HTTP/1.1`,
  `POST\t${path}\tHTTP/1.1`,
  ` POST ${path} HTTP/1.1`,
  `BREW ${path} HTTP/1.1`,
  "PRI * HTTP/2.0",
  "OPTIONS * HTTP/1.1",
  "CONNECT example.com:443 HTTP/1.1",
  "TRACE / HTTP/1.1",
  `PATCH ${path} HTTP/1.1`,
  `DELETE ${path} HTTP/1.1`,
  `GET ${path} HTTP/1.1`,
  `POST http://example.com${path} HTTP/1.1`,
  "POST http:// HTTP/1.1",
  "GET //example.com/v1/models HTTP/1.1",
  "GET /v1/models/../../secret HTTP/1.1",
  "GET /v1/models/%2e%2e/secret HTTP/1.1",
  "GET /v1/models/%2e%2e%2fsecret HTTP/1.1",
  "GET /v1/models/a%00b HTTP/1.1",
  "GET /v1/models/%zz HTTP/1.1",
  "GET /v1/models/%ff%fe HTTP/1.1",
  "GET /v1/models/%E4%BD%A0 HTTP/1.1",
  "GET /v1/models?%zz=%zz&&==&a[]=1 HTTP/1.1",
  "GET /assets/../../package.json HTTP/1.1",
  "GET /assets/%2e%2e%2f%2e%2e%2fpackage.json HTTP/1.1",
  "GET /stats?x=%zz HTTP/1.1",
  "GET /stats/history?since=%zz HTTP/1.1",
  "GET /\xff\xfe HTTP/1.1",
  "GET /\x00 HTTP/1.1",
  `POST ${path}?%zz HTTP/1.1`,
  `POST ${path}? HTTP/1.1`,
  `POST ${path}?a=b?c=d#e HTTP/1.1`,
  `POST ${path}#fragment HTTP/1.1`,
  `POST ${path}/ HTTP/1.1`,
  "POST /v1/CHAT/completions HTTP/1.1",
  "POST //v1//chat/completions HTTP/1.1",
  "POST /v1/chat%2fcompletions HTTP/1.1",
  "POST /v1/messages/../chat/completions HTTP/1.1",
  "POST /login HTTP/1.1",
  "POST /logout HTTP/1.1",
  "DELETE /stats HTTP/1.1",
  `GET /${"a".repeat(9000)} HTTP/1.1`,
  `GET /${"%41".repeat(9000)} HTTP/1.1`
]

const values = [
  "",
  " ",
  "\xff\xfe",
  "a\x00b",
  "a\rb",
  "a\nb",
  "\x7f",
  "1e9",
  "-1",
  "99999999999999999999",
  "NaN",
  "0x10",
  "high,low",
  "a".repeat(300),
  "../..",
  "<script>",
  '{"a":1}',
  "%0d%0a",
  "🙂"
]

const names = [
  "x-headgate-priority",
  "x-headgate-purpose",
  "x-headgate-caller",
  "x-headgate-deadline-ms",
  "x-stainless-timeout",
  "x-stainless-retry-count",
  "x-request-id",
  "authorization",
  "x-api-key",
  "cookie",
  "host",
  "origin",
  "accept",
  "accept-encoding",
  "content-type",
  "content-encoding",
  "expect",
  "upgrade",
  "connection",
  "te",
  "trailer",
  "traceparent",
  "anthropic-version",
  "openai-organization",
  "keep-alive",
  "proxy-authorization",
  "forwarded",
  "range",
  "if-none-match"
]

const oddLines = [
  "no colon here",
  ": no name",
  "bad name: x",
  "bad\x00name: x",
  "n\xe9me: x",
  "folded: a\r\n b",
  "folded: a\r\n\tb",
  "bare-lf: a\nother: b",
  "host: 127.0.0.1",
  "host: evil.example.com",
  "host:",
  "connection: content-length",
  "connection: x-request-id, content-type, host",
  "connection: close, keep-alive",
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x",
  "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__",
  "expect: 100-continue",
  "expect: 200-ok",
  "content-type: text/plain",
  "content-type: multipart/form-data; boundary=x",
  "content-type: application/json; charset=utf-16",
  "content-type: ;;;",
  "content-encoding: gzip",
  "content-encoding: br, gzip",
  "content-encoding: identity",
  "range: bytes=0-1",
  `x-long: ${"x".repeat(20_000)}`,
  Array.from({ length: 1500 }, (_, i) => `x-${i}: y`).join(crlf)
]

/** Framings that one server may read otherwise than another: what seems to be a body may be a request. */
const ambiguous: ReadonlyArray<ReadonlyArray<string>> = [
  ["content-length: 4", "transfer-encoding: chunked"],
  ["transfer-encoding: chunked", "content-length: 4"],
  ["content-length: 4", "content-length: 6"],
  ["content-length: 4, 6"],
  ["content-length: +4"],
  ["content-length: -4"],
  ["content-length: 0x4"],
  ["content-length: 4.0"],
  ["content-length: 4 4"],
  ["content-length: 1e1"],
  ["content-length: 99999999999999999999999"],
  ["content-length: 18446744073709551617"],
  ["content-length : 4"],
  ["content-length:"],
  ["transfer-encoding : chunked"],
  ["transfer-encoding: xchunked"],
  ["transfer-encoding: chunked, identity"],
  ["transfer-encoding: chunked\x0b"],
  ["transfer-encoding: \x00chunked"],
  ["transfer-encoding:\r\n chunked"],
  [" transfer-encoding: chunked"],
  ["transfer-encoding: chunked", "transfer-encoding: identity"],
  ["transfer_encoding: chunked", "content-length: x"],
  ["x: y\rtransfer-encoding: chunked", "content-length: 4"]
]

const chunkings = (inner: string): ReadonlyArray<string> => [
  `zz\r\n${inner}\r\n0\r\n\r\n`,
  `-1\r\n${inner}\r\n0\r\n\r\n`,
  `0x5\r\n${inner}\r\n0\r\n\r\n`,
  ` 5\r\n${inner}\r\n0\r\n\r\n`,
  `ffffffffffffffffff\r\n${inner}`,
  `7fffffff\r\n${inner}`,
  `5\n${inner}\n0\n\n`,
  `5\r\n${inner}0\r\n\r\n`,
  `2\r\n${inner}\r\n0\r\n\r\n`,
  `\r\n5\r\n${inner}\r\n`,
  `5;\x00\r\n${inner}\r\n0\r\n\r\n`,
  `${inner.length.toString(16)}\r\n${inner}\r\n`,
  `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n`,
  `${inner.length.toString(16)}\r\n${inner}\r\n0\r\nbad trailer\r\n\r\n`,
  `${inner.length.toString(16)};${"e".repeat(20_000)}\r\n${inner}\r\n0\r\n\r\n`,
  `0\r\n${"t: x\r\n".repeat(4000)}\r\n`
]

const types: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  "",
  "x",
  "9".repeat(400),
  [],
  [null],
  [[]],
  {},
  { a: null },
  { role: 1 },
  [{ role: "user", content: [{ type: "text" }, null, 5] }],
  [{ role: null, content: { text: [] } }],
  [{ content: "x", tool_calls: [{ function: null }] }],
  "\ud800",
  "\u0000"
]

const fieldNames = [
  "model",
  "messages",
  "prompt",
  "input",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "n",
  "best_of",
  "tools",
  "tool_choice",
  "functions",
  "response_format",
  "instructions",
  "system",
  "temperature",
  "stop",
  "user",
  "metadata",
  "encoding_format",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  ""
]

const nested = (draw: Draw): string => {
  const depth = 10 ** (1 + draw.below(4)) * (1 + draw.below(9))
  const [open, close] = draw.of([
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"content":', "}]"]
  ] as const)
  return open.repeat(depth) + (draw.chance(0.8) ? `1${close.repeat(depth)}` : "")
}

const oddBodies: ReadonlyArray<(draw: Draw, id: string) => string | Buffer> = [
  () => "",
  () => "null",
  () => "[]",
  () => '"text"',
  () => "NaN",
  () => "{",
  () => "{}{}",
  () => "{'a':1}",
  () => '{"messages":[],}',
  (_, id) => bodyOf(id).slice(0, -1),
  (_, id) => `\ufeff${bodyOf(id)}`,
  (_, id) => Buffer.from(bodyOf(id), "utf16le"),
  (_, id) => gzipSync(bodyOf(id)),
  (_, id) => ` \t\r\n${bodyOf(id)}\r\n `,
  (_, id) => `${bodyOf(id)}\x00`,
  (_, id) => bodyOf(id).replace("Oslo", "\x00"),
  (_, id) => latin(bodyOf(id).replace("Oslo", "\xff\xfe\xc0\x80\xed\xa0\x80")),
  (_, id) => bodyOf(id).replace("Oslo", "\\ud800 \\udc00 \\u0000"),
  (_, id) => `{"model":"a","model":"${id}","messages":[],"messages":[1],"stream":true,"stream":false}`,
  (_, id) => `{"model":"${id}","messages":[],"seed":123456789012345678901234567890,"x":1e9999,"y":-0.0}`,
  (_, id) => `{"model":"${id}","messages":[],"x":"${"y".repeat(100_000)}"}`,
  (_, id) => `{"model":"${"m".repeat(50_000)}${id}","messages":[]}`,
  () => `{"messages":[],"x":"${"y".repeat(1_100_000)}"}`,
  (_, id) => `{"model":"${id}",${Array.from({ length: 5000 }, (_, i) => `"k${i}":${i}`).join(",")},"messages":[]}`,
  (draw, id) => `{"model":"${id}","messages":${nested(draw)}}`,
  (draw, id) => `{"model":"${id}","messages":[],"tools":${nested(draw)}}`,
  (draw) => nested(draw),
  (draw) => noise(draw, 400)
]

/** Bytes of a good request, some of which are changed. */
const mutated = (draw: Draw, bytes: Buffer): Buffer => {
  let result = bytes
  for (let i = 1 + draw.below(4); i > 0; i--) {
    const at = draw.below(result.length)
    const to = Math.min(result.length, at + 1 + draw.below(20))
    const piece = draw.of([
      Buffer.alloc(0),
      Buffer.from([draw.below(256)]),
      Buffer.concat([result.subarray(at, to), result.subarray(at, to)]),
      noise(draw, 8),
      latin(draw.of(["\r\n", "\n", "\0", "\r\n\r\n", ": ", " ", "0", '"', "{", "\xff"]))
    ])
    result = Buffer.concat([result.subarray(0, at), piece, result.subarray(draw.chance(0.5) ? at : to)])
    if (result.length === 0) return bytes
  }
  return result
}

const smuggled = requestOf(path, bodyOf("smuggled"), { "x-request-id": "smuggled" })

const makes: Readonly<Record<string, Make>> = {
  "request lines": (draw, id) => {
    const body = draw.chance(0.5) ? bodyOf(id) : ""
    const lines = ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`]
    return { bytes: byHand(id, lines, body, draw.of(starts)), ids: [] }
  },
  "request lines of HEAD": (draw, id) => {
    const place = draw.of(["/", "/v1/models", "/stats", "/metrics", "/health/live", path, "/none", "/docs"])
    return { bytes: byHand(id, ["connection: close"], "", `HEAD ${place} HTTP/1.1`), ids: [], isHead: true }
  },
  "header values": (draw, id) => ({
    bytes: good(draw, id, {
      [draw.of(names)]: draw.chance(0.8) ? draw.of(values) : noise(draw, 20).toString("latin1")
    }),
    ids: []
  }),
  "header lines": (draw, id) => {
    const body = bodyOf(id)
    return { bytes: byHand(id, [`content-length: ${Buffer.byteLength(body)}`, draw.of(oddLines)], body), ids: [] }
  },
  "ambiguous framing": (draw, id) => {
    const body = draw.of([`0\r\n\r\n`, "4\r\n{\r\n\r\n", "", bodyOf(id)])
    const lines = ["content-type: application/json", ...draw.of(ambiguous)]
    return { bytes: Buffer.concat([byHand(id, lines, body), smuggled]), ids: [], isAmbiguous: true }
  },
  chunking: (draw, id) => {
    const body = byHand(id, ["content-type: application/json", "transfer-encoding: chunked"], "")
    return { bytes: Buffer.concat([body, latin(draw.of(chunkings(bodyOf(id))))]), ids: [] }
  },
  "good chunking": (draw, id) => {
    const parts = draw.cuts(Buffer.from(bodyOf(id)), 12)
    const chunks = parts.map((part) => {
      const extension = draw.chance(0.2) ? ';a="b"' : ""
      return Buffer.concat([latin(`${part.length.toString(16)}${extension}\r\n`), part, latin(crlf)])
    })
    const end = latin(draw.of(["0\r\n\r\n", "0;x\r\n\r\n", "0\r\nx-trailer: y\r\n\r\n", "000\r\n\r\n"]))
    const head = byHand(id, ["content-type: application/json", "transfer-encoding: chunked"])
    return { bytes: Buffer.concat([head, ...chunks, end]), ids: [id] }
  },
  "lengths that lie": (draw, id) => {
    const body = bodyOf(id)
    const length = Math.max(0, Buffer.byteLength(body) + draw.of([-40, -5, -1, 1, 5, 1000, 2_000_000, 1e12]))
    return { bytes: byHand(id, [`content-length: ${length}`], body), ids: [] }
  },
  bodies: (draw, id) => ({
    bytes: requestOf(draw.of(named).path, draw.of(oddBodies)(draw, id), { "x-request-id": id }),
    ids: []
  }),
  types: (draw, id) => {
    const api = draw.of(named)
    const fields = Array.from({ length: 1 + draw.below(3) }, () => [draw.of(fieldNames), draw.of(types)])
    const entries = [...Object.entries({ model: id, ...api.ask }), ...fields]
    // Written by hand, or a name such as `__proto__` would not be a field.
    const body = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`
    return { bytes: requestOf(api.path, body, { "x-request-id": id }), ids: [] }
  },
  "content types": (draw, id) => ({
    bytes: good(draw, id, {
      "content-type": draw.of([
        "",
        "text/plain",
        "application/xml",
        "*/*",
        "application/json;;",
        "a",
        "\xff",
        "multipart/form-data"
      ])
    }),
    ids: []
  }),
  "half-closed": (draw, id) => {
    const bytes = good(draw, id)
    return { bytes: bytes.subarray(0, 1 + draw.below(bytes.length)), ids: [], then: draw.of(["half-closes", "resets"]) }
  },
  "bodies that stop": (draw, id) => {
    const bytes = good(draw, id)
    const head = bytes.indexOf("\r\n\r\n") + 4
    return { bytes: bytes.subarray(0, head + draw.below(bytes.length - head)), ids: [] }
  },
  pipelining: (draw, id) => {
    const ids = Array.from({ length: 2 + draw.below(6) }, (_, i) => `${id}-${i}`)
    const get = (one: string) =>
      requestOf(draw.of(["/health/live", "/none", "/v1/models", "/stats"]), "", { "x-request-id": one }, "GET")
    return { bytes: Buffer.concat(ids.map((one) => (draw.chance(0.3) ? get(one) : good(draw, one)))), ids }
  },
  "pipelined garbage": (draw, id) => ({ bytes: Buffer.concat([good(draw, id), noise(draw, 60)]), ids: [] }),
  noise: (draw) => ({ bytes: noise(draw, 300), ids: [] }),
  mutations: (draw, id) => ({ bytes: mutated(draw, good(draw, id)), ids: [] }),
  good: (draw, id) => ({ bytes: good(draw, id), ids: [id] })
}

const kinds = Object.keys(makes)

/** Draws a case whose ids begin with this one. */
export const requestCase = (draw: Draw, id: string): RequestCase => {
  const kind = draw.of(kinds)
  return { kind, then: "waits", ...makes[kind]!(draw, id) }
}
