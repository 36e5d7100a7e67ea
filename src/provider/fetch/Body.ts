import { Effect, Predicate, Stream } from "effect"
import { bodyTooLarge } from "../../upstream/ErrorReply.ts"
import { RequestRefused } from "./RequestRefused.ts"

/** The body of a request, which can be sent more than once. */
export interface Body {
  /** Its bytes, where they are known. */
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly sent: NonNullable<RequestInit["body"]> | null
  /** The type that `fetch` would tell of what was given. */
  readonly type?: string
}

const encoder = new TextEncoder()

const ofBytes = (bytes: Uint8Array<ArrayBuffer>): Body => ({ bytes, sent: bytes })

const ofText = (text: string): Body => ({ ...ofBytes(encoder.encode(text)), type: "text/plain;charset=UTF-8" })

const bytesOf = ({ buffer, byteLength, byteOffset }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength)

const isParts = (body: unknown): body is AsyncIterable<unknown> => Predicate.hasProperty(body, Symbol.asyncIterator)

const partOf = (part: unknown): Uint8Array | undefined => {
  if (Predicate.isString(part)) return encoder.encode(part)
  return ArrayBuffer.isView(part) ? bytesOf(part) : undefined
}

const readAll = (parts: AsyncIterable<unknown>, most: number): Effect.Effect<Body, unknown> =>
  Effect.suspend(() => {
    const read: Array<Uint8Array> = []
    let length = 0
    return Stream.fromAsyncIterable(parts, (error) => error).pipe(
      Stream.runForEach((part) => {
        const bytes = partOf(part)
        if (bytes === undefined) return Effect.fail(new TypeError("A part of the request body holds no bytes."))
        length += bytes.length
        if (length > most) return Effect.fail(new RequestRefused({ reply: bodyTooLarge(most) }))
        read.push(bytes)
        return Effect.void
      }),
      Effect.map(() => ofBytes(Buffer.concat(read)))
    )
  })

/** Makes a body that can be sent more than once of what `fetch` takes; a stream is read to its end, up to so many bytes. */
export const of = (body: unknown, most: number): Effect.Effect<Body, unknown> => {
  if (body === undefined || body === null) return Effect.succeed({ sent: null })
  if (Predicate.isString(body)) return Effect.succeed(ofText(body))
  // The owner of the bytes may write into them while the call waits.
  if (body instanceof ArrayBuffer) return Effect.succeed(ofBytes(new Uint8Array(body.slice(0))))
  if (ArrayBuffer.isView(body)) return Effect.succeed(ofBytes(Uint8Array.from(bytesOf(body))))
  return isParts(body) ? readAll(body, most) : Effect.succeed({ sent: body as NonNullable<RequestInit["body"]> })
}
