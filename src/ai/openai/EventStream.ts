import { Effect, Result, Stream } from "effect"
import { AiError } from "effect/ai"
import * as Sse from "effect/encoding/Sse"
import { terminator } from "../chat/ReplyStream.ts"
import * as SdkFailure from "./SdkFailure.ts"

type Chunk = Result.Result<unknown, AiError.AiErrorReason>

const parse = (text: string): Result.Result<unknown, unknown> => Result.try((): unknown => JSON.parse(text))

const invalid = (description: string): AiError.AiErrorReason => new AiError.InvalidResponseError({ description })

/** Reads the body of a streamed answer, which is one JSON value if its endpoint does not stream. */
class EventReader {
  readonly #place: SdkFailure.Place
  readonly #decoder = new TextDecoder()
  readonly #parser: Sse.Parser
  #chunks: Array<Chunk> = []
  /** What has come, as long as it may be a JSON value. */
  #json: string | undefined = ""

  constructor(place: SdkFailure.Place) {
    this.#place = place
    this.#parser = Sse.makeParser((event) => {
      if (event._tag === "Event") this.#onEvent(event)
    })
  }

  /** Takes bytes in, and gives the chunks that they complete. */
  readonly push = (bytes: Uint8Array): ReadonlyArray<Chunk> => this.#feed(this.#decoder.decode(bytes, { stream: true }))

  /** What the end of the bytes completes: the JSON value, or an event without its blank line. */
  readonly end = (): ReadonlyArray<Chunk> => {
    const chunks = this.#feed(this.#decoder.decode())
    if (this.#json !== undefined) {
      const value = parse(this.#json)
      return Result.isSuccess(value) ? [this.#chunkOf(value.success)] : []
    }
    // An event that was cut is no JSON: it never came.
    return [...chunks, ...this.#feed("\n\n").filter(Result.isSuccess)]
  }

  #feed(text: string): ReadonlyArray<Chunk> {
    if (this.#json !== undefined) {
      text = this.#json + text
      this.#json = /^\s*(?:[[{]|$)/.test(text) ? text : undefined
      if (this.#json !== undefined) return []
    }
    this.#chunks = []
    const tooLarge = this.#parser.feed(text)
    if (tooLarge !== undefined) this.#chunks.push(Result.fail(invalid(tooLarge.message)))
    return this.#chunks
  }

  #onEvent({ data, event }: Sse.Event): void {
    const text = data.trim()
    if (text === "") return
    const value = text === terminator ? Result.succeed(terminator) : parse(text)
    if (Result.isFailure(value)) this.#chunks.push(Result.fail(invalid("An event of the stream is no JSON.")))
    else this.#chunks.push(this.#chunkOf(value.success, event))
  }

  #chunkOf(value: unknown, event?: string): Chunk {
    const failure = SdkFailure.inAnswer(value, this.#place, event)
    return failure === undefined ? Result.succeed(value) : Result.fail(failure)
  }
}

/** Whether a text is the body of a stream, and neither JSON nor a page. */
export const isEvents = (text: string): boolean => /^[\uFEFF\s]*(?:data|event|id|retry)?:/.test(text)

/** The chunks of a streamed answer, and the terminator if it comes; the SDK's own stream hides it. */
export const decode =
  (place: SdkFailure.Place) =>
  (body: Stream.Stream<Uint8Array, AiError.AiErrorReason>): Stream.Stream<unknown, AiError.AiErrorReason> =>
    Stream.suspend(() => {
      const reader = new EventReader(place)
      return body.pipe(
        Stream.map(reader.push),
        Stream.concat(Stream.sync(reader.end)),
        Stream.flattenIterable,
        Stream.mapEffect(Effect.fromResult),
        // Some servers keep the connection open.
        Stream.takeUntil((chunk) => chunk === terminator)
      )
    })
