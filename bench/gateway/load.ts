// Sends requests over so many connections, each as soon as the one before it is answered:
//   node load.ts URL upstream connections requests stream
import { Pool } from "undici"

const [url, upstream, connections, requests, stream] = process.argv.slice(2) as [string, string, string, string, string]
const pool = new Pool(url, { connections: Number(connections), headersTimeout: 0, bodyTimeout: 0 })
const body = JSON.stringify({
  model: "gpt-4o-mini",
  messages: [
    { role: "system", content: "You are a helpful assistant. ".repeat(10) },
    { role: "user", content: "Tell me something. ".repeat(20) }
  ],
  ...(stream === "true" && { stream: true, stream_options: { include_usage: true } })
})
// Portkey is told by headers where to go; the others hand them on.
const headers = {
  "content-type": "application/json",
  authorization: "Bearer key",
  "x-portkey-provider": "openai",
  "x-portkey-custom-host": upstream
}
const times: Array<number> = []

const one = async () => {
  const begin = performance.now()
  const reply = await pool.request({ path: "/v1/chat/completions", method: "POST", headers, body })
  let bytes = 0
  for await (const part of reply.body) bytes += (part as Buffer).length
  if (reply.statusCode !== 200 || bytes < 400) throw new Error(`status ${reply.statusCode}, ${bytes} bytes`)
  return performance.now() - begin
}

const send = async (total: number, record: boolean) => {
  let left = total
  const worker = async () => {
    while (left-- > 0) {
      const took = await one()
      if (record) times.push(took)
    }
  }
  await Promise.all(Array.from({ length: Number(connections) }, worker))
}

await send(Math.max(Number(connections), Math.ceil(Number(requests) / 5)), false)
process.stdout.write("warm\n")
await new Promise((resolve) => process.stdin.once("data", resolve))
const begin = performance.now()
await send(Number(requests), true)
const wall = performance.now() - begin
times.sort((a, b) => a - b)
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
console.log(JSON.stringify({ perSecond: (1000 * times.length) / wall, p50: at(0.5), p99: at(0.99) }))
process.exit(0)
