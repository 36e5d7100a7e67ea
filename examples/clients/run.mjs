// Agents of OpenAI's and of LangGraph's ask the gateway, in front of the simulated model: whole and as streams, with a tool,
// twenty at a time, and some are called off.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { tool as langTool } from "@langchain/core/tools"
import { createReactAgent } from "@langchain/langgraph/prebuilt"
import { ChatOpenAI } from "@langchain/openai"
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents"
import { z } from "zod"

const root = process.env.HEADGATE_ROOT ?? fileURLToPath(new URL("../..", import.meta.url))
const main = ["src/main.ts", "dist/main.js"].map((file) => join(root, file)).find((file) => existsSync(file))

/** Starts the gateway with the simulated model, and waits until it listens. */
const gateway = async () => {
  const child = spawn(process.execPath, [main, "serve"], {
    env: { PORT: "0", POPULATION_SIZE: "0", LLM_MAX_CONCURRENT_REQUESTS: "8", LLM_REQUESTS_PER_SECOND: "unlimited" },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let told = ""
  const url = await new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error(`The gateway did not start: ${told}`)))
    child.stdout.on("data", (part) => {
      told += part
      const [url] = /http:\/\/[\d.]+:\d+/.exec(told) ?? []
      if (url !== undefined) resolve(url)
    })
  })
  return { url, stop: () => child.kill() }
}

const service = await gateway()
const baseURL = `${service.url}/v1`
const stats = async () => (await fetch(`${service.url}/stats`)).json()
const until = async (holds) => {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(10))
    assert(Date.now() < end, "this takes too long")
}

let asked = 0
const weather = ({ city }) => {
  asked++
  return `It is sunny in ${city}, 21 degrees.`
}
const parameters = z.object({ city: z.string() })
const description = "Tells the weather of a city."
const question = "What is the weather in Oslo? Use the tool."

/** An agent of OpenAI's, over its Responses API or over chats. */
const openAiAgents = (useResponses) => {
  const modelProvider = new OpenAIProvider({ apiKey: "any", baseURL, useResponses })
  const runner = new Runner({ modelProvider, tracingDisabled: true })
  const agent = new Agent({
    name: "Forecaster",
    instructions: "Answer in a sentence.",
    model: "gpt-4o-mini",
    tools: [tool({ name: "weather", description, parameters, execute: weather })]
  })
  return {
    name: `@openai/agents over ${useResponses ? "responses" : "chats"}`,
    ask: async (signal) => (await runner.run(agent, question, { signal })).finalOutput,
    stream: async (signal) => {
      const result = await runner.run(agent, question, { stream: true, signal })
      let text = ""
      for await (const event of result) {
        if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") text += event.data.delta
      }
      await result.completed
      assert.equal(text.trim(), result.finalOutput.trim())
      return text
    }
  }
}

/** An agent of LangGraph's. */
const langGraph = () => {
  const llm = new ChatOpenAI({ apiKey: "any", model: "gpt-4o-mini", configuration: { baseURL } })
  const tools = [langTool(weather, { name: "weather", description, schema: parameters })]
  const agent = createReactAgent({ llm, tools })
  const input = { messages: [{ role: "user", content: question }] }
  return {
    name: "@langchain/langgraph",
    ask: async (signal) => (await agent.invoke(input, { signal })).messages.at(-1).content,
    stream: async (signal) => {
      let text = ""
      const parts = await agent.stream(input, { signal, streamMode: "messages" })
      for await (const [part, { langgraph_node: node }] of parts) if (node === "agent") text += part.text
      return text
    }
  }
}

/** Starts a run and calls it off once the gateway has calls in flight. */
const calledOff = async (start) => {
  const before = (await stats()).requests
  const control = new AbortController()
  const run = start(control.signal).then(
    () => "ended",
    () => "called off"
  )
  await until(async () => {
    const { inFlight, total } = (await stats()).requests
    return inFlight > 0 || total > before.total
  })
  control.abort()
  await run
  await until(async () => (await stats()).requests.inFlight === 0)
}

try {
  for (const { ask, name, stream } of [openAiAgents(true), openAiAgents(false), langGraph()]) {
    const before = asked
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? ask() : stream())))
    for (const answer of answers) assert(typeof answer === "string" && answer.trim() !== "", `${name} has no answer`)
    assert(asked - before >= answers.length, `${name} calls the tool`)
    await calledOff(ask)
    await calledOff(stream)
    console.log(`${name}: 20 runs, ${asked - before} calls of the tool, 2 runs called off`)
  }
  const { queue, requests } = await stats()
  const { cancelled, failed, rejected, succeeded, timedOut, total } = requests
  assert.equal(total, succeeded + failed + rejected + cancelled + timedOut)
  assert.equal(queue.activeRequests + queue.queueSize, 0)
  assert(cancelled > 0, "the gateway sees that runs are called off")
  console.log(`The gateway counts ${succeeded} answers and ${cancelled} calls that were called off.`)
} finally {
  service.stop()
}
