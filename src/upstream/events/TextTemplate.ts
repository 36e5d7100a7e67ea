const key = '"content":"'

// Neither the end of a string nor anything that a string may not hold as it is.
const isPlain = (text: string): boolean => /^[^"\\\p{Cc}]*$/u.test(text)

/**
 * The JSON around the text of a chunk: chunks of one stream differ in that text alone, and need not be parsed for it.
 *
 * A text without quotes, backslashes and control characters between the same bytes is the same JSON with another text.
 */
export class TextTemplate {
  #before = ""
  #after = ""

  /** Learns the template from a chunk, if its text stands there once and as it is. */
  learn(data: string, text: string): void {
    const start = data.indexOf(key) + key.length
    const end = start + text.length
    const isThere = start >= key.length && data.startsWith(`${text}"`, start) && !data.includes(key, start)
    this.#before = isThere && isPlain(text) ? data.slice(0, start) : ""
    this.#after = data.slice(end)
  }

  /** The text of a chunk of the template; `undefined` if the chunk is another. */
  textOf(data: string): string | undefined {
    const [before, after] = [this.#before, this.#after]
    const end = data.length - after.length
    if (before === "" || end < before.length || !data.startsWith(before) || !data.endsWith(after)) return undefined
    const text = data.slice(before.length, end)
    return isPlain(text) ? text : undefined
  }
}
