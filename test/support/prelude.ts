// What examples in documents and comments use without saying where it comes from.
import { Effect, Stream } from "effect"

/** Stands for a call of a language model. */
export const askModel: Effect.Effect<string, ModelError> = Effect.succeed("an answer")

/** What a model fails with: its status says why. */
export class ModelError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`The model answered ${status}`)
    this.status = status
  }
}

/** A model that is down. */
export const askBrokenModel: Effect.Effect<string, ModelError> = Effect.suspend(() => Effect.fail(new ModelError(503)))

/** Stands for the streamed answer of a language model. */
export const words: Stream.Stream<string, ModelError> = Stream.make("a ", "streamed ", "answer")

/** Stands for a call of a language model in a program without Effect. */
export const fetchAnswer = async (signal: AbortSignal): Promise<string> => {
  signal.throwIfAborted()
  return "an answer"
}
