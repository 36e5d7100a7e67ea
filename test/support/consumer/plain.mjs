import { createProvider, RejectionError } from "headgate"

const llmProvider = await createProvider({ requestsPerSecond: Infinity, maxConcurrentRequests: 1, maxQueueSize: 0 })
const answer = await llmProvider.run(async (signal) => (signal.aborted ? "aborted" : "answer"), { caller: "ada" })
const running = llmProvider.run(() => new Promise(() => {})).catch(({ code }) => code)
const refused = await llmProvider.run(async () => "refused").catch((error) => error)
await llmProvider.close(0)
const { succeeded } = llmProvider.getStats().requests
const code = refused instanceof RejectionError && refused.code
process.stdout.write(JSON.stringify({ answer, succeeded, code, running: await running }))
