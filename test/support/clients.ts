import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { ChatOpenAI } from "@langchain/openai"
import { generateText, jsonSchema, streamText, tool } from "ai"
import OpenAI from "openai"

export interface Endpoint {
  readonly baseURL: string
  readonly fetch: typeof globalThis.fetch
  readonly maxRetries?: number
}

/** What is asked: the answer in words, in parts, or as the name of the tool that the model calls. */
export interface Client {
  readonly name: string
  readonly whole: (endpoint: Endpoint, prompt: string, signal?: AbortSignal) => Promise<string>
  readonly parts: (endpoint: Endpoint, prompt: string, signal?: AbortSignal) => AsyncIterable<string>
  readonly tools: (endpoint: Endpoint, prompt: string, streamed: boolean) => Promise<ReadonlyArray<string>>
}

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const
const weather = { type: "function" as const, function: { name: "weather", parameters } }

const asked = (prompt: string) => ({ model: "m", messages: [{ role: "user" as const, content: prompt }] })

const openai: Client = (() => {
  const completions = (endpoint: Endpoint) => new OpenAI({ apiKey: "any", ...endpoint }).chat.completions
  return {
    name: "openai",
    whole: async (endpoint, prompt, signal) => {
      const { choices } = await completions(endpoint).create(asked(prompt), { ...(signal && { signal }) })
      return choices[0]!.message.content!
    },
    parts: async function* (endpoint, prompt, signal) {
      const stream = await completions(endpoint).create(
        { ...asked(prompt), stream: true },
        { ...(signal && { signal }) }
      )
      for await (const { choices } of stream) yield choices[0]?.delta.content ?? ""
    },
    tools: async (endpoint, prompt, streamed) => {
      const question = { ...asked(prompt), tools: [weather] }
      const { choices } = streamed
        ? await completions(endpoint).stream(question).finalChatCompletion()
        : await completions(endpoint).create(question)
      return (choices[0]!.message.tool_calls ?? []).map((call) => (call.type === "function" ? call.function.name : ""))
    }
  }
})()

const ai: Client = (() => {
  const settings = ({ baseURL, fetch, maxRetries = 2 }: Endpoint, prompt: string, abortSignal?: AbortSignal) => ({
    model: createOpenAICompatible({ name: "model", apiKey: "any", baseURL, fetch })("m"),
    prompt,
    maxRetries,
    ...(abortSignal && { abortSignal })
  })
  const tools = {
    weather: tool({ inputSchema: jsonSchema<{ city: string }>(parameters), execute: ({ city }) => `${city}: fair` })
  }
  return {
    name: "ai",
    whole: async (endpoint, prompt, signal) => (await generateText(settings(endpoint, prompt, signal))).text,
    parts: async function* (endpoint, prompt, signal) {
      const { fullStream } = streamText({ ...settings(endpoint, prompt, signal), onError: () => {} })
      for await (const part of fullStream) {
        if (part.type === "text-delta") yield part.text
        if (part.type === "error") throw part.error
        if (part.type === "abort") throw new Error("aborted")
      }
    },
    tools: async (endpoint, prompt, streamed) => {
      const question = { ...settings(endpoint, prompt), tools }
      const { toolCalls } = streamed ? streamText(question) : await generateText(question)
      return (await toolCalls).map(({ toolName }) => toolName)
    }
  }
})()

const langchain: Client = (() => {
  const model = ({ baseURL, fetch, maxRetries }: Endpoint) =>
    new ChatOpenAI({
      apiKey: "any",
      model: "m",
      maxRetries,
      configuration: { baseURL, fetch }
    } as ConstructorParameters<typeof ChatOpenAI>[0])
  return {
    name: "langchain",
    whole: async (endpoint, prompt, signal) =>
      String((await model(endpoint).invoke(prompt, { ...(signal && { signal }) })).content),
    parts: async function* (endpoint, prompt, signal) {
      for await (const { content } of await model(endpoint).stream(prompt, { ...(signal && { signal }) })) {
        yield String(content)
      }
    },
    tools: async (endpoint, prompt, streamed) => {
      const bound = model(endpoint).bindTools([weather])
      if (!streamed) return ((await bound.invoke(prompt)).tool_calls ?? []).map(({ name }) => name)
      let gathered
      for await (const chunk of await bound.stream(prompt))
        gathered = gathered === undefined ? chunk : gathered.concat(chunk)
      return (gathered?.tool_calls ?? []).map(({ name }) => name)
    }
  }
})()

/** What people call models with, each at its own default settings. */
export const clients: ReadonlyArray<Client> = [openai, ai, langchain]

/** Puts the parts together. */
export const joined = async (parts: AsyncIterable<string>): Promise<string> => {
  let text = ""
  for await (const part of parts) text += part
  return text
}
