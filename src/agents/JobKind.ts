import { Data, Effect, Schema } from "effect"
import type { Job } from "./Job.ts"

/** Stored data that no job can be made of: its kind is not known here, or has changed. */
export class NotRestored extends Data.TaggedError("NotRestored")<{ readonly message: string }> {}

/** Jobs that are made of data, so that they can be stored. */
export interface JobKind {
  readonly name: string
  /** Makes a job of stored data. */
  readonly restore: (data: unknown) => Effect.Effect<Job, NotRestored>
}

/** A kind whose jobs are made of `D` and result in `A`. */
export interface Maker<in D, out A> extends JobKind {
  /** Makes a job that can be stored. */
  readonly of: (data: D) => Job<A>
}

export interface Options<D, A> {
  /** The name under which jobs are stored; a job is restored by the kind of this name. */
  readonly name: string
  /** The schema of what a job is made of. */
  readonly data: Schema.Codec<D, unknown>
  /** Makes a job; the same data must make the same job wherever it runs. */
  readonly make: (data: D) => Job<A>
}

/**
 * Makes a kind of jobs that can be stored.
 *
 * @example
 * const greeting = JobKind.make({
 *   name: "greeting",
 *   data: Schema.Struct({ name: Schema.String }),
 *   make: ({ name }) =>
 *     Job.make({ goal: "Greet.", task: `Greet ${name}.`, result: Schema.Struct({ greeting: Schema.String }) })
 * })
 *
 * greeting.of({ name: "Ada" }).stored // => { kind: "greeting", data: { name: "Ada" } }
 */
export const make = <D, A>({ data, make, name }: Options<D, A>): Maker<D, A> => {
  const codec = Schema.toCodecJson(data)
  const encode = Schema.encodeSync(codec)
  const decode = Schema.decodeUnknownEffect(codec)
  const of = (value: D): Job<A> => ({ ...make(value), stored: { kind: name, data: encode(value) as Schema.Json } })
  return {
    name,
    of,
    restore: (stored) =>
      Effect.matchEffect(decode(stored), {
        onSuccess: (value) => Effect.succeed(of(value)),
        onFailure: ({ message }) =>
          Effect.fail(new NotRestored({ message: `Not data of the kind ${name}: ${message}` }))
      })
  }
}
