import { ChatReading } from "./ChatReading.ts"
import type { Reading } from "./Reading.ts"
import { ResponseReading } from "./ResponseReading.ts"

/** Begins to read the events of a path's answer; `undefined` if nothing is known of them. */
export const readingOf = (path: string): Reading | undefined => {
  const [place = ""] = path.split("?")
  if (place === "/chat/completions" || place === "/completions") return new ChatReading()
  return place === "/responses" ? new ResponseReading() : undefined
}
