import { Effect, Pull, Result, Scope, Stream } from "effect"
import * as CallUsage from "../engine/CallUsage.ts"
import * as Failure from "../Failure.ts"
import type { StreamedResponse } from "../engine/StreamHandoff.ts"
import { type ValidatedStream, validate, NoAnswer } from "./events/StreamValidator.ts"
import type { StreamReader } from "./events/StreamReader.ts"
import { readerOf } from "./events/StreamReaders.ts"
import { UpstreamErrorResponse } from "./UpstreamErrorResponse.ts"
import { isLegible, recognise } from "./Recognise.ts"
import { type Fault, type Question, StreamUsage } from "./StreamUsage.ts"
import { TruncatedStream } from "./TruncatedStream.ts"
import { type Upstream, type UpstreamHead, type UpstreamRequest, UpstreamUnreachable, whole } from "./Upstream.ts"
import type { Usage } from "./Usage.ts"
import * as WholeReply from "./WholeReply.ts"

/** How an answer begins; one that is no stream of events is whole already. */
export interface Head extends UpstreamHead {
  readonly whole?: Uint8Array
  /** What a whole answer said it took. */
  readonly usage?: Usage | undefined
}

/** How an answer is opened; see `OpenOptions`. */
export interface Options {
  readonly asItComes: boolean
  readonly askUsage: boolean
  readonly prompt: number
  readonly streamed: boolean
}

type Broken = UpstreamUnreachable | TruncatedStream
type Failed = UpstreamErrorResponse | Broken
type Body<E> = Stream.Stream<Uint8Array, E>

interface Opened<E> extends StreamedResponse<Head, Uint8Array, E> {
  /** Whether it is known to be a good answer; `undefined` if no part of it has come. */
  readonly isGood: boolean | undefined
  /** Whether any part of it has come by now. */
  readonly hasBegun: () => boolean
}

// What is kept of a failed answer's body: it is an error in words.
const longestFailure = 2 ** 20

const isJson = ({ headers }: UpstreamHead): boolean => (headers["content-type"] ?? "").includes("json")

/** What an answer took: what it said, or else what its reader saw of it. */
const taken = ({ begun, tokens, usage }: StreamReader, prompt: number): Usage | undefined => {
  if (usage !== undefined || (!begun && tokens === 0)) return usage
  return { prompt, completion: Math.ceil(tokens) }
}

const decoder = new TextDecoder()

const faultOf = (error: Failed | NoAnswer): Fault => {
  if (error instanceof UpstreamUnreachable) {
    return { status: undefined, text: "", reason: error.reason, retryAfter: false }
  }
  if (error instanceof NoAnswer) {
    return { status: error.reported?.status, text: decoder.decode(error.bytes), retryAfter: false }
  }
  if (error instanceof TruncatedStream) return { status: undefined, text: "", retryAfter: false }
  const { reply, status } = error
  const retryAfter = Failure.retryAfterOf(error) !== undefined
  return { status, text: decoder.decode(reply.body.subarray(0, longestFailure)), retryAfter }
}

/** The fault of an attempt; `undefined` if its answer is good, or may be. */
const faultIn = (attempt: Result.Result<Opened<unknown>, Failed>): Fault | undefined => {
  if (Result.isFailure(attempt)) return faultOf(attempt.failure)
  const { head, isGood } = attempt.success
  return isGood === false
    ? { status: head.status, text: decoder.decode(head.whole?.subarray(0, longestFailure)), retryAfter: false }
    : undefined
}

const noteSecond = (question: Question, fault: Fault, second: Fault | undefined): void => {
  if (second === undefined) question.refused()
  // The request itself is at fault: that says nothing about the question.
  else if (fault.status === undefined || !Failure.isDeclined(fault.status)) question.failed()
}

/** An error in place of an answer whose reader has seen the head of it: its bytes, then the failure. */
const shown = ({ bytes, reported }: NoAnswer): Body<TruncatedStream> =>
  Stream.concat(
    Stream.succeed(bytes),
    reported === undefined ? Stream.empty : Stream.fail(new TruncatedStream({ reported }))
  )

/** A second answer to a reader who has seen the head of the first. */
const continued = (second: Result.Result<Opened<Broken>, Failed>): Body<Broken> => {
  if (Result.isSuccess(second)) {
    const { body, head } = second.success
    return head.whole === undefined ? body : Stream.fail(new TruncatedStream({ why: "The model wrote no events." }))
  }
  const { failure } = second
  if (!(failure instanceof UpstreamErrorResponse)) return Stream.fail(failure)
  return Stream.fail(new TruncatedStream({ why: failure.message }))
}

/** Opens an answer once, and waits until its first events, or all of it, tell whether it is one. */
const opener = ({ open }: Upstream["Service"], count: (usage: Usage | undefined) => void) =>
  Effect.fnUntraced(function* (
    request: UpstreamRequest,
    { asItComes, prompt, streamed }: Options,
    usageIsOurs: boolean
  ): Effect.fn.Return<Opened<Broken | NoAnswer>, Failed, Scope.Scope> {
    const answer = yield* open(request)
    const head = { status: answer.status, headers: answer.headers }
    if (UpstreamErrorResponse.is(answer)) {
      return yield* Effect.fail(new UpstreamErrorResponse({ reply: yield* whole(answer, longestFailure) }))
    }
    const { body, isEvents } = yield* recognise(answer, streamed)
    if (asItComes && !isEvents && !isJson(answer)) return { head, body, isGood: true, hasBegun }
    if (!isEvents) {
      const { isAnswer, reply, usage } = yield* WholeReply.read(yield* whole({ ...head, body }), request.path)
      return { head: { ...head, whole: reply.body, usage }, body: Stream.empty, isGood: isAnswer, hasBegun }
    }
    if (!isLegible(answer)) return { head, body, isGood: true, hasBegun }
    const reader = readerOf(request.path)
    yield* Effect.addFinalizer(() => {
      const usage = taken(reader, prompt)
      count(usage)
      return usage === undefined ? Effect.void : CallUsage.note(usage)
    })
    return yield* begin(head, validate(body, reader, usageIsOurs), reader)
  })

const hasBegun = () => true

/** Waits for the first part of a stream of events: a failure before it is no more than an attempt that failed. */
const begin = Effect.fnUntraced(function* (
  head: Head,
  { body, counts }: ValidatedStream<UpstreamUnreachable>,
  reader: StreamReader
): Effect.fn.Return<Opened<Broken | NoAnswer>, Failed, Scope.Scope> {
  const pull = yield* Stream.toPull(body)
  const first: ReadonlyArray<Uint8Array> = yield* Pull.catchDone(pull, () => Effect.succeed([])).pipe(
    Effect.catchIf(
      (error) => error instanceof NoAnswer,
      ({ bytes, reported }) =>
        reported === undefined
          ? Effect.succeed([bytes])
          : Effect.fail(new UpstreamErrorResponse({ reply: { ...head, body: bytes }, reported }))
    )
  )
  const isEmpty = reader.terminated && !reader.begun
  return {
    head,
    body: isEmpty
      ? Stream.fromArray(first)
      : Stream.concat(Stream.fromArray(first), Stream.fromPull(Effect.succeed(pull))),
    counts,
    isGood: isEmpty ? false : first.some(counts) ? true : undefined,
    hasBegun: () => reader.begun
  }
})

const handedOn = ({ body, ...opened }: Opened<Broken | NoAnswer>): Opened<Broken> => ({
  ...opened,
  body: Stream.catch(body, (error) => (error instanceof NoAnswer ? shown(error) : Stream.fail(error)))
})

/** Goes on with a second answer if the first breaks off before any part of it has come. */
const followed = (
  opened: Opened<Broken | NoAnswer>,
  again: (fault: Fault) => Effect.Effect<Result.Result<Opened<Broken>, Failed>, never, Scope.Scope> | undefined,
  scope: Scope.Scope
): Opened<Broken> => {
  let counts = opened.counts ?? always
  const body = Stream.catch(opened.body, (error): Body<Broken> => {
    const second = opened.hasBegun() ? undefined : again(faultOf(error))
    if (second === undefined) return error instanceof NoAnswer ? shown(error) : Stream.fail(error)
    return Stream.unwrap(
      Effect.map(Scope.provide(second, scope), (result) => {
        if (Result.isSuccess(result)) counts = result.success.counts ?? always
        return continued(result)
      })
    )
  })
  return { ...opened, body, counts: (part) => counts(part) }
}

const always = () => true

/**
 * Makes attempts to open a streamed answer, and counts the tokens of each, however it ends.
 *
 * The tokens of an answer that ends without telling them are guessed: those of the prompt as given, and as many as what
 * came is expected to have, in text, in thoughts and in calls of tools. An attempt that failed, perhaps because it asked
 * for the usage, is made once more without that question.
 */
export const make = (upstream: Upstream["Service"], count: (usage: Usage | undefined) => void) => {
  const questions = new StreamUsage()
  const open = opener(upstream, count)

  return Effect.fnUntraced(function* (
    request: UpstreamRequest,
    options: Options
  ): Effect.fn.Return<StreamedResponse<Head, Uint8Array, Broken>, Failed, Scope.Scope> {
    const question = options.askUsage ? questions.of(request) : undefined
    if (question === undefined) {
      const opened = yield* open(request, options, false)
      if (opened.isGood !== false) questions.answered(request)
      return handedOn(opened)
    }
    const plain = Effect.result(Effect.map(open(request, options, false), handedOn))
    const again = (fault: Fault) =>
      question.mayBeWhy(fault)
        ? Effect.tap(plain, (second) => Effect.sync(() => noteSecond(question, fault, faultIn(second))))
        : undefined
    const first = yield* Effect.result(open({ ...request, body: question.body }, options, true))
    const fault = faultIn(first)
    const second = fault && again(fault)
    if (second !== undefined) return yield* Effect.fromResult(yield* second)
    const opened = yield* Effect.fromResult(first)
    if (opened.isGood !== undefined) {
      if (opened.isGood) question.understood()
      return handedOn(opened)
    }
    return followed(opened, again, yield* Effect.scope)
  })
}
