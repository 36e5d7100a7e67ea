// An endpoint that answers at once: JSON, or a stream of events, each written on its own.
import { createServer } from "node:http"

const chunks = 100

const reply = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-mini",
  choices: [{ index: 0, message: { role: "assistant", content: "word ".repeat(60) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 20, completion_tokens: 60, total_tokens: 80 }
})

const event = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-4o-mini",
    choices: [{ index: 0, delta, finish_reason: finish }]
  })}\n\n`

const word = event({ content: "word " }, null)
const end = `${event({}, "stop")}data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":100,"total_tokens":120}}\n\ndata: [DONE]\n\n`

const server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8")
  request.on("data", (part: string) => (body += part))
  request.on("end", () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(reply) })
      return response.end(reply)
    }
    response.writeHead(200, { "content-type": "text/event-stream" })
    let left = chunks
    const next = () => {
      if (response.destroyed) return
      if (left-- === 0) return response.end(end)
      response.write(word)
      setImmediate(next)
    }
    next()
  })
})

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : ""}/v1`)
})
