// Runs headgate in the overload bench, through the public API:
//   node score.mjs --adapter <this file> --subject headgate
import { createProvider } from "../../src/index.ts"

const subject = (options) => async () => {
  const provider = await createProvider(options)
  return {
    call: ({ caller, deadlineMs, maxTokens, promptTokens, purpose, signal }, attempt) =>
      provider.run(attempt, { caller, purpose, tokens: promptTokens + maxTokens, maxTokens, deadlineMs, signal }),
    close: () => provider.close(0)
  }
}

export const subjects = {
  headgate: subject({ preset: "adaptive" }),
  "adaptive with 12 permits": subject({ preset: "adaptive", maxConcurrentRequests: 12 }),
  "12 permits": subject({ maxConcurrentRequests: 12, requestsPerSecond: Infinity, maxQueueSize: 1000 }),
  "default preset": subject({})
}
