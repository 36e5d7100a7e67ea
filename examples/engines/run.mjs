// Twenty callers ask a real engine through the gateway, as JSON and as streams, and every third leaves before its answer
// is whole. All others must get what the engine answers without the gateway, and it must stop writing for those that left.
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { serve } from "./engine.mjs"
import { gateway } from "./gateway.mjs"
import { writeModel } from "./tiny-model.mjs"

const callers = 20
const rounds = 3
const phases = ["at once", "in the queue", "at the engine", "in the answer"]

const ask = (url, { content, most, stream, user }, signal) =>
  fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "tiny", messages: [{ role: "user", content }], max_tokens: most, stream, user }),
    signal
  })

const until = async (holds, what) => {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(5)) assert(Date.now() < end, `never ${what}`)
}

/** Makes a request and leaves it in one of the phases. */
const leave = async (url, engine, stats, question, phase) => {
  const control = new AbortController()
  const answer = ask(url, question, control.signal)
  answer.catch(() => {})
  const isWorking = () => engine.work.get(question.user)?.working === true
  if (phase === "in the queue") await until(async () => (await stats()).queue.queueSize > 0 || isWorking(), "queued")
  if (phase === "at the engine") await until(isWorking, "at the engine")
  if (phase === "in the answer" && question.stream) await (await answer).body.getReader().read()
  if (phase === "in the answer" && !question.stream)
    await until(() => engine.work.get(question.user)?.tokens > 5, "begun")
  control.abort()
}

const file = join(mkdtempSync(join(tmpdir(), "tiny-")), "tiny.gguf")
writeModel(file)
const engine = await serve(file)
const service = await gateway(engine.url, { LLM_MAX_CONCURRENT_REQUESTS: "4", LLM_REQUESTS_PER_SECOND: "unlimited" })
const stats = async () => (await fetch(service.stats)).json()
let equal = 0
const left = []
try {
  for (let round = 0; round < rounds; round++) {
    const questions = Array.from({ length: callers }, (_, i) => ({
      content: `question ${i} of round ${round}`,
      most: i % 3 === 2 ? 900 : 48,
      stream: i % 2 === 0,
      user: `caller-${round}-${i}`
    }))
    const stay = questions.filter((_, i) => i % 3 !== 2)
    const go = questions.filter((_, i) => i % 3 === 2)
    const direct = []
    for (const question of stay) direct.push(await (await ask(engine.url, question)).text())
    const leaving = go.map((question, i) =>
      leave(service.url, engine, stats, question, phases[(i + round) % phases.length])
    )
    const answers = await Promise.all(stay.map(async (question) => (await ask(service.url, question)).text()))
    await Promise.all(leaving)
    assert.deepEqual(answers, direct)
    equal += answers.length
    left.push(...go)
  }

  await until(async () => (await stats()).requests.inFlight === 0, "at rest")
  await until(() => [...engine.work.values()].every(({ working }) => !working), "idle")
  const served = left.flatMap(({ user }) => engine.work.get(user) ?? [])
  for (const { atLeaving, tokens } of served) {
    assert(atLeaving !== undefined, "the engine does not see a caller leave")
    assert(tokens - atLeaving <= 2, `the engine writes on: ${tokens - atLeaving} tokens`)
  }
  const { queue, requests } = await stats()
  const { cancelled, failed, rejected, succeeded, timedOut, total } = requests
  assert.equal(queue.activeRequests + queue.queueSize, 0)
  assert.equal(succeeded, equal)
  assert.equal(total, succeeded + failed + rejected + cancelled + timedOut)
  assert.equal(failed + rejected + timedOut, 0)
  console.log(`${equal} answers are those of the engine itself, half of them streams.`)
  console.log(
    `${left.length} callers left, ${served.length} of them while the engine was at their request: it stopped.`
  )
} finally {
  service.stop()
  await engine.close()
  rmSync(file)
}
