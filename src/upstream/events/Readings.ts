import { ChatReading } from "./ChatReading.ts"
import { MessageReading } from "./MessageReading.ts"
import type { Reading } from "./Reading.ts"
import { ResponseReading } from "./ResponseReading.ts"
import { UnknownReading } from "./UnknownReading.ts"

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

/** Begins to read the events of a path's answer. */
export const readingOf = (path: string): Reading => {
  const place = placeOf(path)
  if (place === "/chat/completions" || place === "/completions") return new ChatReading()
  if (place === "/messages") return new MessageReading()
  return place === "/responses" ? new ResponseReading() : new UnknownReading()
}
