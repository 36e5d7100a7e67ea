import { ChatReading } from "./ChatReading.ts"
import type { Reading } from "./Reading.ts"
import { ResponseReading } from "./ResponseReading.ts"
import { UnknownReading } from "./UnknownReading.ts"

/** Begins to read the events of a path's answer. */
export const readingOf = (path: string): Reading => {
  const [place = ""] = path.split("?")
  if (place === "/chat/completions" || place === "/completions") return new ChatReading()
  return place === "/responses" ? new ResponseReading() : new UnknownReading()
}
