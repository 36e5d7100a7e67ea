import type { ChatRequest } from "./ChatRequest.ts"
import { textOf } from "./ChatRequest.ts"

// Four characters make a token, which is near the truth for English.
const piece = /[\s\S]{1,4}/gu

// What the endpoint adds around each message, before the reply, and for a part that is no text.
const perMessage = 3
const perReply = 3
const perPart = 85

/** Cuts a text into its tokens. */
export const split = (text: string): ReadonlyArray<string> => text.match(piece) ?? []

/** Estimates the tokens of a text. */
export const ofText = (text: string): number => Math.ceil(text.length / 4)

const ofJson = (value: ReadonlyArray<unknown> | null | undefined): number =>
  value === null || value === undefined || value.length === 0 ? 0 : ofText(JSON.stringify(value))

/** Estimates the tokens of a request's messages, tools and response schema. */
export const ofPrompt = ({ messages, response_format: format, tools }: ChatRequest): number =>
  messages.reduce(
    (sum, message) => {
      const parts = typeof message.content === "string" ? [] : (message.content ?? [])
      const others = parts.filter(({ type }) => type !== "text").length
      return sum + perMessage + ofText(textOf(message)) + perPart * others + ofJson(message.tool_calls)
    },
    perReply + ofJson(tools) + ofJson(format?.json_schema ? [format.json_schema.schema] : [])
  )
