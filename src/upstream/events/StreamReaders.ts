import { ChatStreamReader } from "./ChatStreamReader.ts"
import type { Purpose, StreamReader } from "./StreamReader.ts"
import { MessageStreamReader, ResponseStreamReader } from "./TypedStreamReader.ts"

const placeOf = (path: string): string => path.split("?", 1)[0]!

const known = new Set([
  "/chat/completions",
  "/completions",
  "/responses",
  "/embeddings",
  "/messages",
  "/messages/count_tokens"
])

/** Whether a path is one whose answers are known. */
export const isKnown = (path: string): boolean => known.has(placeOf(path))

/** Reads the events of an answer of which nothing is known: it may end anywhere. */
class UnknownStreamReader implements StreamReader {
  readonly begun = true
  readonly complete = true
  readonly terminated = false
  readonly reported = undefined
  readonly usage = undefined
  readonly tokens = 0

  onEvent(): Purpose {
    return "answer"
  }
}

/** Begins to read the events of a path's answer. */
export const readerOf = (path: string): StreamReader => {
  const place = placeOf(path)
  if (place === "/chat/completions" || place === "/completions") return new ChatStreamReader()
  if (place === "/messages") return new MessageStreamReader()
  return place === "/responses" ? new ResponseStreamReader() : new UnknownStreamReader()
}
