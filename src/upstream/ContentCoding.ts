import { Data, Option, Result } from "effect"
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"
import type { UpstreamHead, UpstreamReply } from "./Upstream.ts"

// The received part of a truncated body is read too.
const patient = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH }
const brotli = { flush: zlib.constants.BROTLI_OPERATION_FLUSH, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }
const zstd = { flush: zlib.constants.ZSTD_e_flush, finishFlush: zlib.constants.ZSTD_e_flush }

// A whole body is decompressed at once, so a larger one than an answer in text is left unread.
const longestWhole = 2 ** 22
const bounded = { maxOutputLength: 2 ** 24 }

/** A way in which a body is compressed (RFC 9110, 8.4.1). */
export interface Coding {
  /** Whether a body that begins so may be compressed in this way, and not only be called so. */
  readonly begins: (bytes: Uint8Array) => boolean
  readonly stream: (first: Uint8Array) => Transform
  readonly whole: (body: Uint8Array) => Uint8Array
}

const startsWith =
  (...magic: ReadonlyArray<number>) =>
  (bytes: Uint8Array) =>
    magic.every((byte, index) => bytes[index] === byte)

const gzip: Coding = {
  begins: startsWith(0x1f, 0x8b),
  stream: () => zlib.createGunzip(patient),
  whole: (body) => zlib.gunzipSync(body, { ...patient, ...bounded })
}

// Some servers leave the wrapper out (RFC 9110, 8.4.1.2).
const isWrapped = ([first = 0, second = 0]: Uint8Array) => (first & 15) === 8 && (first * 256 + second) % 31 === 0

const codings: ReadonlyMap<string, Coding> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  [
    "deflate",
    {
      begins: () => true,
      stream: (first) => (isWrapped(first) ? zlib.createInflate(patient) : zlib.createInflateRaw(patient)),
      whole: (body) => (isWrapped(body) ? zlib.inflateSync : zlib.inflateRawSync)(body, { ...patient, ...bounded })
    }
  ],
  [
    "br",
    {
      begins: () => true,
      stream: () => zlib.createBrotliDecompress(brotli),
      whole: (body) => zlib.brotliDecompressSync(body, { ...brotli, ...bounded })
    }
  ],
  [
    "zstd",
    {
      begins: startsWith(0x28, 0xb5, 0x2f, 0xfd),
      stream: () => zlib.createZstdDecompress(zstd),
      whole: (body) => zlib.zstdDecompressSync(body, { ...zstd, ...bounded })
    }
  ]
])

/** The names of the codings that are known. */
export const names: ReadonlyArray<string> = [...codings.keys()].filter((name) => name !== "x-gzip")

/** The coding of a body; `undefined` if it has none or an unknown one. */
export const of = ({ headers }: Pick<UpstreamHead, "headers">): Coding | undefined => {
  const name = headers["content-encoding"]
  return name === undefined ? undefined : codings.get(name.trim().toLowerCase())
}

/** The head of the decompressed content. */
export const without = ({ headers, status }: UpstreamHead): UpstreamHead => {
  const { "content-encoding": _, "content-length": _length, ...others } = headers
  return { status, headers: others }
}

/** The decompressed content of a whole body, to be read only; `undefined` if it cannot be decompressed. */
export const contentOf = (reply: UpstreamReply): Uint8Array | undefined => {
  const coding = of(reply)
  if (coding === undefined || reply.body.length > longestWhole || !coding.begins(reply.body)) return undefined
  return Option.getOrUndefined(Result.getSuccess(Result.try(() => coding.whole(reply.body))))
}

/** The content of a body has more bytes than it may have. */
export class TooLong extends Data.TaggedError("TooLong") {}

/** Decompresses a whole body of up to `maxBytes` of content; returns a function that stops it. */
export const decompress = (
  coding: Coding,
  body: Uint8Array,
  maxBytes: number,
  done: (content: Result.Result<Uint8Array, unknown>) => void
): (() => void) => {
  const parts: Array<Uint8Array> = []
  let length = 0
  const stream = coding.stream(body)
  const fail = (error: unknown) => {
    stream.destroy()
    done(Result.fail(error))
  }
  stream.on("data", (part: Uint8Array) => {
    parts.push(part)
    length += part.length
    if (length > maxBytes) fail(new TooLong())
  })
  stream.on("error", fail).on("end", () => done(Result.succeed(Buffer.concat(parts))))
  stream.end(body)
  return () => stream.destroy()
}
