import * as ErrorReply from "./ErrorReply.ts"
import * as MessagesError from "./MessagesError.ts"

type Headers = Readonly<Record<string, string>>

/** What one API of models has of its own; how its events are read is in `events`. */
export interface Protocol {
  /** The header that shows a key. */
  readonly keyHeaders: (key: string) => Headers
  /** The headers by which its clients know a request that was answered with an error. */
  readonly errorHeaders: (requestId: string) => Headers
  /** The JSON body of an error. */
  readonly errorBody: (error: ErrorReply.ErrorReply, requestId: string | undefined) => object
}

/** OpenAI's API: chat completions, responses and others. */
export const openAi: Protocol = {
  keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  errorHeaders: () => ({}),
  errorBody: (error) => ErrorReply.bodyOf(error)
}

/** Anthropic's Messages API. */
export const messages: Protocol = {
  keyHeaders: (key) => ({ "x-api-key": key }),
  errorHeaders: (requestId) => ({ "request-id": requestId }),
  errorBody: MessagesError.bodyOf
}

const messagesPath = /^(?:\/+v1)?\/+messages(?:[/?]|$)/i

/** The path on which tokens are counted for a caller, and none are written. */
export const countTokens = "/messages/count_tokens"

/** The protocol of a path, as it is under the base URL of an endpoint, or of the service. */
export const protocolOf = (path: string): Protocol => (messagesPath.test(path) ? messages : openAi)
