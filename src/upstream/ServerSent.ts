/** The media type of a stream of events. */
export const mediaType = "text/event-stream"

/** Writes a value as one server-sent event in JSON, with a name if it has one. */
export const event = (value: unknown, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`

/** What follows the last event of a chat or a completion. */
export const done = "data: [DONE]\n\n"
