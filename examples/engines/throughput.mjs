// How much of an engine's throughput the preset `adaptive` finds: tokens a second through the gateway, beside fixed limits.
// Each contender has a gateway of its own; they take turns at one engine, in rounds, so that a machine whose speed drifts treats all alike.
//   node throughput.mjs [rounds] [seconds]
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { serve } from "./engine.mjs"
import { gateway } from "./gateway.mjs"
import { writeModel } from "./tiny-model.mjs"

const [rounds = 5, seconds = 8] = process.argv.slice(2).map(Number)
const callers = 24
const sequences = 16
const fixed = [1, 2, 4, 8, 16]
const unlimited = { LLM_REQUESTS_PER_SECOND: "unlimited", LLM_MAX_QUEUE_SIZE: "100" }

const median = (values) => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]

/** Lets callers ask one question after another for some time; returns the tokens a second that were answered. */
const measure = async (url) => {
  const begin = performance.now()
  const isOver = () => performance.now() - begin >= seconds * 1000
  let tokens = 0
  const caller = async (name) => {
    for (let i = 0; !isOver(); i++) {
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "tiny",
          messages: [{ role: "user", content: `question ${i} of ${name}` }],
          max_tokens: 24 + 24 * (i % 4),
          user: name
        })
      })
      const { usage } = await response.json()
      if (!response.ok) throw new Error(`The gateway answers ${response.status}.`)
      if (!isOver()) tokens += usage.completion_tokens
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, i) => caller(`caller-${i}`)))
  return tokens / seconds
}

const file = join(mkdtempSync(join(tmpdir(), "tiny-")), "tiny.gguf")
writeModel(file)
const engine = await serve(file, sequences)
const contenders = []
try {
  contenders.push({ name: "adaptive", ...(await gateway(engine.url, { LLM_PRESET: "adaptive" })), found: [] })
  for (const limit of fixed) {
    const limits = { ...unlimited, LLM_MAX_CONCURRENT_REQUESTS: `${limit}` }
    contenders.push({ name: `fixed ${limit}`, ...(await gateway(engine.url, limits)), found: [] })
  }
  for (const { url } of contenders) await measure(url)
  for (let round = 0; round < rounds; round++) {
    for (const { found, url } of contenders) found.push(await measure(url))
    process.stderr.write(`\rround ${round + 1} of ${rounds}`)
  }
  process.stderr.write("\n")
  const best = contenders.slice(1).reduce((a, b) => (median(a.found) >= median(b.found) ? a : b))
  for (const { found, name } of contenders) {
    const share = (100 * median(found)) / median(best.found)
    console.log(`${name.padEnd(10)} ${median(found).toFixed(0).padStart(6)} tokens/s ${share.toFixed(1).padStart(6)} %`)
  }
} finally {
  for (const { stop } of contenders) stop()
  await engine.close()
  rmSync(file)
}
