// Without Effect: one `fetch` for every model client in the program, with one gate behind it.
import OpenAI from "openai"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createProvider } from "../src/index.ts"

// Stands for the model, so that this runs without a key.
const reply = { choices: [{ index: 0, message: { role: "assistant", content: "Hello!" }, finish_reason: "stop" }] }
const model = createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply))
})
await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve))
const baseURL = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`

const llmProvider = await createProvider({ maxConcurrentRequests: 3, requestsPerSecond: 2 })
const openai = new OpenAI({ apiKey: "none", baseURL, fetch: llmProvider.fetch })

const { choices } = await openai.chat.completions.create(
  { model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello." }] },
  { headers: { "x-headgate-caller": "ada", "x-headgate-priority": "high" } }
)
const { callers, requests } = llmProvider.getStats()
console.log(`${choices[0]?.message.content} (${requests.succeeded} succeeded, for ${callers[0]?.caller})`)

await llmProvider.close()
model.close()
