import { assert } from "@effect/vitest"
import { Recollection } from "../../../src/agents/memory/Recollection.ts"

/** A token of four characters. */
export const count = (text: string): number => Math.ceil(text.length / 4)

/** A memory of these texts, a day apart. */
export const daily = (texts: ReadonlyArray<string>): Recollection => {
  const recollection = new Recollection({ count })
  for (const [day, text] of texts.entries()) recollection.remember({ text, at: Date.UTC(2030, 2, 1 + day, 9) })
  return recollection
}

const holds = (line: string, needles: ReadonlyArray<string>): boolean =>
  needles.every((needle) => line.toLowerCase().includes(needle.toLowerCase()))

/** Whether a line of a context holds all of these words. */
export const isTold = (context: string, needles: ReadonlyArray<string>): boolean =>
  context.split("\n").some((line) => holds(line, needles))

/** Fails where what is superseded is told as if it were current: without its date, or behind what replaced it. */
export const assertMarked = (context: string, stale: ReadonlyArray<string>, current: ReadonlyArray<string>): void => {
  const lines = context.split("\n")
  const now = lines.findLastIndex((line) => holds(line, current))
  // A row stands below its heading, which has the date.
  const isDated = (i: number) => lines[i]!.startsWith("[") || lines[i - 1]?.startsWith("[")
  for (const [i, line] of lines.entries()) {
    if (!holds(line, stale) || holds(line, current)) continue
    assert.isTrue(i < now && isDated(i) && isDated(now), `${stale.join()} in\n${context}`)
  }
}
