import { Cause, Effect, Pull, type Scope, Stream } from "effect"
import * as ServerSent from "./ServerSent.ts"
import type { UpstreamAnswer, UpstreamHead, UpstreamUnreachable } from "./Upstream.ts"

type Body = UpstreamAnswer["body"]

/** An answer's body, and whether it is a stream of events. */
export interface Recognised {
  readonly body: Body
  readonly isEvents: boolean
}

// White space before the first word, at the most.
const longestPrelude = 65_536

// The fields of an event (WHATWG HTML, 9.2.6), and a comment, which has no name.
const fields = ["data", "event", "id", "retry"]
const field = /^(?:data|event|id|retry)?[ \t]*(?::|[\r\n])/

const decoder = new TextDecoder()

/** Whether the bytes of a body can be read: they are not compressed. */
export const isLegible = ({ headers }: UpstreamHead): boolean =>
  (headers["content-encoding"] ?? "identity").trim().toLowerCase() === "identity"

const isLabelled = ({ headers, status }: UpstreamHead): boolean =>
  status >= 200 && status < 300 && (headers["content-type"] ?? "").trim().toLowerCase().startsWith(ServerSent.mediaType)

/** Whether the bytes of a body begin a stream of events. */
export const isEvents = (body: Uint8Array): boolean => field.test(decoder.decode(body.subarray(0, 1024)).trimStart())

/** Whether a text begins a stream of events; `undefined` if more of it must come to tell. */
const begins = (text: string, labelled: boolean): boolean | undefined => {
  const begun = text.trimStart()
  // An error in JSON often keeps the label that the stream would have had.
  if (labelled) return !/^[{[]/.test(begun)
  if (field.test(begun)) return true
  return text.length < longestPrelude && fields.some((name) => name.startsWith(begun)) ? undefined : false
}

/**
 * Tells whether an answer is a stream of events: by its first bytes if a stream was asked for, whatever it is labelled;
 * else by its label.
 */
export const recognise = Effect.fnUntraced(function* (
  answer: UpstreamAnswer,
  streamed: boolean
): Effect.fn.Return<Recognised, UpstreamUnreachable, Scope.Scope> {
  const labelled = isLabelled(answer)
  const { body, status } = answer
  if (!streamed || status < 200 || status >= 300 || !isLegible(answer)) return { body, isEvents: labelled }
  const pull = yield* Stream.toPull(body)
  const parts: Array<Uint8Array> = []
  const whole = (isEvents: boolean): Recognised => ({
    isEvents,
    body: Stream.concat(Stream.fromArray(parts), Stream.fromPull(Effect.succeed(pull)))
  })
  const next: Effect.Effect<Recognised, UpstreamUnreachable> = Pull.matchEffect(pull, {
    onSuccess: (more) => {
      parts.push(...more)
      const isEvents = begins(decoder.decode(Buffer.concat(parts)), labelled)
      return isEvents === undefined ? next : Effect.succeed(whole(isEvents))
    },
    onFailure: (cause) => Effect.failCause(cause as Cause.Cause<UpstreamUnreachable>),
    onDone: () => Effect.succeed({ isEvents: labelled, body: Stream.fromArray(parts) })
  })
  return yield* next
})
