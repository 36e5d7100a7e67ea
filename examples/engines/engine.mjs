// A small OpenAI-compatible server over llama.cpp: chats as JSON and as server-sent events, so many at the same time.
import { createServer } from "node:http"
import { once } from "node:events"
import { getLlama, LlamaLogLevel } from "node-llama-cpp"

/** Hands out as many things as there are, to whoever asks first. */
class Pool {
  #free
  #waiting = []

  constructor(things) {
    this.#free = things
  }

  take() {
    return this.#free.length > 0 ? this.#free.pop() : new Promise((resolve) => this.#waiting.push(resolve))
  }

  give(thing) {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(thing)
    else next(thing)
  }
}

const chunk = (id, delta, reason = null) => ({
  id,
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason: reason }]
})

const bodyOf = async (request) => {
  const parts = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString())
}

/** Serves a model, and tells how much was generated for each request, by its `user`. */
export const serve = async (modelPath, sequences = 4) => {
  const llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error })
  const model = await llama.loadModel({ modelPath })
  const context = await model.createContext({ sequences, contextSize: 1024 })
  const pool = new Pool(Array.from({ length: sequences }, () => context.getSequence()))
  /** Of each request: the tokens that were generated, those when its caller had left, and whether it is at work. */
  const work = new Map()

  /** Generates token by token, the likeliest each time, until enough are written or nobody listens. */
  async function* generate(prompt, most, seen, isLeft) {
    const sequence = await pool.take()
    try {
      if (isLeft()) return
      seen.working = true
      await sequence.clearHistory()
      for await (const token of sequence.evaluate(model.tokenize(prompt), { temperature: 0 })) {
        seen.tokens++
        yield model.detokenize([token])
        if (seen.tokens >= most || isLeft()) return
      }
    } finally {
      seen.working = false
      pool.give(sequence)
    }
  }

  const answer = async (request, response) => {
    const { max_tokens: most = 32, messages, stream, stream_options: options, user = "" } = await bodyOf(request)
    const seen = { tokens: 0, atLeaving: undefined, working: false }
    work.set(user, seen)
    const isLeft = () => seen.atLeaving !== undefined
    response.on("close", () => {
      if (!response.writableFinished) seen.atLeaving ??= seen.tokens
    })
    const prompt = messages.map(({ content }) => content).join("\n")
    const words = generate(prompt, most, seen, isLeft)
    const usage = () => ({
      prompt_tokens: model.tokenize(prompt).length,
      completion_tokens: seen.tokens,
      total_tokens: model.tokenize(prompt).length + seen.tokens
    })
    if (!stream) {
      let content = ""
      for await (const word of words) content += word
      const message = { role: "assistant", content }
      const body = {
        id: user,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: usage()
      }
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
      return
    }
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
    const write = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`)
    for await (const content of words) write(chunk(user, { content }))
    write(chunk(user, {}, "stop"))
    if (options?.include_usage) write({ ...chunk(user, {}), choices: [], usage: usage() })
    response.end("data: [DONE]\n\n")
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    work,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await llama.dispose()
    }
  }
}
