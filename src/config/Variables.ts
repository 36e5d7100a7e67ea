import { LogLevel, Result } from "effect"
import * as Preset from "./Preset.ts"
import * as Range from "./Range.ts"
import * as Address from "./Address.ts"
import * as ApiKey from "./ApiKey.ts"
import * as Variable from "./Variable.ts"

// A fraction of a millisecond is a value meant in seconds.
const millis: Range.Range = { ...Range.millis, whole: true }
const upTo = (maximum: number, example: string): Range.Range => ({ ...Range.capacity, maximum, example })

/** The variables of the gate, which programs that embed it read too. */
export const limits = {
  preset: Variable.choice("LLM_PRESET", Preset.names, "heavy"),
  maxConcurrentRequests: Variable.number("LLM_MAX_CONCURRENT_REQUESTS", Range.permits, "unlimited"),
  requestsPerSecond: Variable.number("LLM_REQUESTS_PER_SECOND", Range.perSecond, "unlimited"),
  maxQueueSize: Variable.number("LLM_MAX_QUEUE_SIZE", Range.capacity),
  maxFailures: Variable.number("LLM_CIRCUIT_BREAKER_MAX_FAILURES", Range.failures, "off"),
  breakerTimeout: Variable.number("LLM_CIRCUIT_BREAKER_TIMEOUT_MS", millis),
  requestTimeout: Variable.number("LLM_REQUEST_TIMEOUT_MS", { ...millis, example: "60000" }),
  streamIdleTimeout: Variable.number("LLM_STREAM_IDLE_TIMEOUT_MS", { ...millis, example: "60000" }),
  deadline: Variable.number("LLM_DEADLINE_MS", { ...millis, example: "120000" }, "none"),
  maxRetries: Variable.number("LLM_MAX_RETRIES", Range.retries),
  tokensPerMinute: Variable.number("LLM_TOKENS_PER_MINUTE", Range.tokensPerMinute, "none")
}

/** The variables of the service and its agents. */
export const service = {
  model: Variable.text("LLM_MODEL", "gpt-4o-mini"),
  baseUrl: Address.baseUrl("OPENAI_BASE_URL"),
  // A character that no header can hold would bring the key into the message of the failure to send it.
  apiKey: Variable.secret("OPENAI_API_KEY", "sk-...", (text) =>
    /^[\x20-\x7e\xa0-\xff]+$/.test(text)
      ? Result.succeed(text)
      : Result.fail("text that a header can hold, on one line")
  ),
  jobsPerMinute: Variable.number("JOBS_PER_MIN", { ...upTo(1_000_000, "10"), whole: false }),
  populationSize: Variable.number("POPULATION_SIZE", upTo(100_000, "20")),
  host: Address.host("HOST"),
  port: Variable.number("PORT", upTo(65_535, "3000")),
  apiKeys: ApiKey.list("HEADGATE_API_KEYS"),
  allowAnonymous: Variable.flag("HEADGATE_ALLOW_ANONYMOUS"),
  maxBodyBytes: Variable.number("HEADGATE_MAX_BODY_BYTES", { ...upTo(1e10, "33554432"), minimum: 1024 }),
  redisUrl: Variable.secret("REDIS_URL", "redis://127.0.0.1:6379", (text) =>
    Address.parseUrl(text, ["redis:", "rediss:"]) === undefined
      ? Result.fail("a redis or rediss URL with a host")
      : Result.succeed(text)
  ),
  logLevel: Variable.choice("LOG_LEVEL", LogLevel.values, "info"),
  logFormat: Variable.choice("LOG_FORMAT", ["pretty", "json"], "json")
}
