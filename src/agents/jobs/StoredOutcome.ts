import { Effect, Option, Schema } from "effect"
import type { Outcome } from "../Agent.ts"
import type { Job } from "../Job.ts"

/** How a job ended, as it is recorded. */
export const StoredOutcome = Schema.Struct({
  failure: Schema.optionalKey(Schema.Literals(["wrong", "late", "refused", "defect"])),
  reason: Schema.optionalKey(Schema.String),
  /** The result as JSON. */
  result: Schema.optionalKey(Schema.Json)
})
export type StoredOutcome = typeof StoredOutcome.Type

const form = Schema.fromJsonString(StoredOutcome)

/** Bytes of JSON that every store keeps for a job and for its end: PostgreSQL's client reads rows of up to 16 MiB. */
export const mostBytes = 8 * 2 ** 20

const write = Schema.encodeSync(form)

/** Writes an ending for the record; one that is too long for it ends the job as failed. */
export const toRecord = (ending: StoredOutcome): { readonly ending: StoredOutcome; readonly text: string } => {
  const text = write(ending)
  const bytes = Buffer.byteLength(text)
  if (bytes <= mostBytes) return { ending, text }
  const reason = `The end cannot be stored: it has ${bytes} bytes in JSON, and may have ${mostBytes}`
  return { ending: defect(reason), text: write(defect(reason)) }
}

const read = Schema.decodeOption(form)
const unreadable: StoredOutcome = { failure: "defect", reason: "What is on record cannot be read." }

/** Reads what is on record; what another version wrote, and this one cannot read, counts as a failure. */
export const decode = (recorded: string): StoredOutcome => Option.getOrElse(read(recorded), () => unreadable)

// Results need no services to be put into JSON, whatever their schema says of its decoding.
const codecOf = ({ result }: Job) => Schema.toCodecJson(result as Schema.Codec<unknown>)

/** Puts an outcome into the form in which it is recorded. A result that has no form in JSON ends the job as failed. */
export const ofOutcome = ({ failure, reason, result, episode: { job } }: Outcome): Effect.Effect<StoredOutcome> => {
  if (failure !== undefined) return Effect.succeed(reason === undefined ? { failure } : { failure, reason })
  return Effect.match(Schema.encodeUnknownEffect(codecOf(job))(result), {
    onSuccess: (json) => ({ result: json as Schema.Json }),
    onFailure: ({ message }) => defect(`The result cannot be stored: ${message}`)
  })
}

const defect = (reason: string): StoredOutcome => ({ failure: "defect", reason })

/** The outcome of a job as it is on record, without what happened on the way. */
export const toOutcome = <A>(job: Job<A>, { failure, reason, result }: StoredOutcome): Effect.Effect<Outcome<A>> => {
  const episode = { job, completed: failure === undefined, observations: [], rejections: [] }
  if (failure !== undefined) return Effect.succeed({ result: undefined, failure, reason, episode })
  return Effect.matchEffect(Schema.decodeUnknownEffect(codecOf(job))(result), {
    onSuccess: (value) => Effect.succeed({ result: value as A, failure: undefined, episode }),
    onFailure: ({ message }) => toOutcome(job, defect(`The recorded result cannot be read: ${message}`))
  })
}
