// The least a proxy can do: node:http in front, undici behind, nothing in between.
import { createServer } from "node:http"
import { Agent } from "undici"

const base = new URL(process.env["OPENAI_BASE_URL"]!)
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

const server = createServer((request, response) => {
  const abort = new AbortController()
  response.on("close", () => abort.abort())
  const { connection: _, host: __, "content-length": length, ...headers } = request.headers
  agent
    .stream(
      {
        origin: base.origin,
        path: base.pathname + request.url!.replace(/^\/v1/, ""),
        method: "POST",
        headers: { ...headers, ...(length !== undefined && { "content-length": length }) },
        body: request,
        signal: abort.signal
      },
      ({ headers, statusCode }) => {
        const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...rest } = headers
        return response.writeHead(statusCode, rest)
      }
    )
    .catch(() => response.destroy())
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : ""}`)
})
