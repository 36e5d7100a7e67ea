/** The media type of a stream of events. */
export const mediaType = "text/event-stream"

const [lf, cr, colon] = [0x0a, 0x0d, 0x3a]

/** Whether bytes that begin with a line are nothing but comments and blank lines, which say no more than that the model is there. */
export const isComment = (bytes: Uint8Array): boolean => {
  let lineStarts = true
  for (const byte of bytes) {
    const ends = byte === lf || byte === cr
    if (lineStarts && !ends && byte !== colon) return false
    lineStarts = ends
  }
  return true
}

/** Writes a value as one server-sent event in JSON, with a name if it has one. */
export const event = (value: unknown, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`

/** What follows the last event of a chat or a completion. */
export const done = "data: [DONE]\n\n"
