import { Data } from "effect"

/** A command cannot do what it was asked; the message says why and what to do. */
export class Failure extends Data.TaggedError("Failure")<{ readonly message: string }> {}
