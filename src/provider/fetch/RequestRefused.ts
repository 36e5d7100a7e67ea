import { Data } from "effect"
import type { ErrorReply } from "../../upstream/ErrorReply.ts"

/** A request that headgate answers itself, with an error. */
export class RequestRefused extends Data.TaggedError("RequestRefused")<{ readonly reply: ErrorReply }> {}
