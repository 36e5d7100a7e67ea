import { LogLevel, Result } from "effect"
import * as Address from "./Address.ts"
import * as ApiKey from "./ApiKey.ts"
import * as Field from "./Field.ts"
import { group } from "./Options.ts"

// Every setting is one row: its type, range, default and variable. Types, option checks, the environment, `headgate config`
// and the documents are made from it. What a preset changes stands in Preset.ts.

/** The names of the presets. */
export const presets = ["default", "heavy", "light", "unstable"] as const

/** The limits of the circuit breaker. */
export const circuitBreaker = {
  /** Consecutive failed attempts that open the circuit, 1 to 1000000 or `Infinity`. Default: 5. */
  maxFailures: Field.integer({
    about: "consecutive failed attempts that open the circuit",
    minimum: 1,
    maximum: 1_000_000,
    infinite: true,
    default: 5,
    variable: "LLM_CIRCUIT_BREAKER_MAX_FAILURES",
    off: "off"
  }),
  /** How long the circuit stays open before a probe, 1 ms to a day. Default: 30 s. */
  timeout: Field.duration({
    about: "how long the circuit stays open before a probe",
    default: 30_000,
    variable: "LLM_CIRCUIT_BREAKER_TIMEOUT_MS"
  })
}

/** The limits of the default stack that have a variable. */
export const limits = {
  /** The limits to start from: `default`, `heavy`, `light` or `unstable`. Default: `default`. */
  preset: Field.oneOf(presets, {
    about: "limits that suit a situation (below); an explicit setting wins",
    default: "default",
    example: "heavy",
    variable: "LLM_PRESET"
  }),
  /** Calls the model serves at the same time, 1 to 100000 or `Infinity`. Default: 3. */
  maxConcurrentRequests: Field.integer({
    about: "calls the model serves at the same time",
    minimum: 1,
    maximum: 100_000,
    infinite: true,
    default: 3,
    variable: "LLM_MAX_CONCURRENT_REQUESTS",
    off: "unlimited"
  }),
  /** Calls started per second, 0.001 to 100000 or `Infinity`. Default: 2. */
  requestsPerSecond: Field.number({
    about: "calls started per second",
    minimum: 0.001,
    maximum: 100_000,
    infinite: true,
    default: 2,
    example: "2.0",
    variable: "LLM_REQUESTS_PER_SECOND",
    off: "unlimited"
  }),
  /** Calls that may wait, 0 to 1000000 or `Infinity`; with 0 a call starts at once or is refused. Default: 50. */
  maxQueueSize: Field.integer({
    about: "calls that may wait; with 0 a call starts at once or is refused",
    minimum: 0,
    maximum: 1_000_000,
    infinite: true,
    default: 50,
    variable: "LLM_MAX_QUEUE_SIZE"
  }),
  circuitBreaker: group(circuitBreaker),
  /** The longest one attempt may take, until the first byte of a stream or the whole reply; 1 ms to a day or `Infinity`. Default: 60 s. */
  requestTimeout: Field.duration({
    about: "longest time of one attempt, until the first byte of a stream or the whole reply",
    infinite: true,
    default: 60_000,
    variable: "LLM_REQUEST_TIMEOUT_MS"
  }),
  /** The longest silence inside a stream, 1 ms to a day or `Infinity`. Default: 60 s. */
  streamIdleTimeout: Field.duration({
    about: "longest silence inside a stream",
    infinite: true,
    default: 60_000,
    variable: "LLM_STREAM_IDLE_TIMEOUT_MS"
  }),
  /** The longest a whole call may take, waiting and retries included, when its caller names no deadline; 1 ms to a day or `Infinity`. Default: 120 s. */
  deadline: Field.duration({
    about:
      "longest time of a whole call, waiting and retries included, if its caller names none; of a stream until its first byte",
    infinite: true,
    default: 120_000,
    variable: "LLM_DEADLINE_MS",
    off: "none"
  }),
  /** Retries of failures that may pass, 0 to 20. Default: 2. */
  maxRetries: Field.integer({
    about: "retries of failures that may pass, inside a retry budget",
    minimum: 0,
    maximum: 20,
    default: 2,
    variable: "LLM_MAX_RETRIES"
  }),
  /** Prompt and completion tokens reserved per minute, 1 to 1e12 or `Infinity`. Default: `Infinity`. */
  tokensPerMinute: Field.number({
    about: "prompt and completion tokens reserved per minute",
    minimum: 1,
    maximum: 1e12,
    infinite: true,
    default: Infinity,
    example: "100000",
    variable: "LLM_TOKENS_PER_MINUTE",
    off: "none"
  })
}

/** The options of the default stack. */
export const stack = {
  ...limits,
  /** Calls that may start at once after a quiet time, 1 to 1e12. Default: 1. */
  burst: Field.number({
    about: "calls that may start at once after a quiet time",
    minimum: 1,
    maximum: 1e12,
    default: 1
  }),
  /** The longest wait before the start, 1 ms to a day or `Infinity`. Default: `Infinity`. */
  maxWait: Field.duration({ about: "longest wait before the start", infinite: true, default: Infinity })
}

/** The options of a provider beside those of its stack. */
export const provider = {
  /** How long a permit is kept for work that goes on after its call was cut, 0 ms to a day or `Infinity`. Default: 30 s. */
  grace: Field.duration({
    about: "how long a permit is kept for work that goes on after its call was cut",
    minimum: 0,
    infinite: true,
    default: 30_000
  }),
  /** How long `close` lets calls go on, 0 ms to a day or `Infinity`. Default: 20 s. */
  closeWithin: Field.duration({
    about: "how long `close` lets calls go on",
    minimum: 0,
    infinite: true,
    default: 20_000
  }),
  /** Answers the requests of `fetch` in the end. Default: the global `fetch` of that moment. */
  fetch: Field.func<typeof globalThis.fetch | undefined>({
    about: "answers `llmProvider.fetch` in the end",
    default: undefined,
    usual: "the global `fetch`"
  }),
  /** Bytes of the largest request body that `fetch` reads from a stream, 1024 to 1e10. Default: 32 MiB. */
  maxBodyBytes: Field.integer({
    about: "bytes of the largest request body that `fetch` reads from a stream",
    minimum: 1024,
    maximum: 1e10,
    default: 33_554_432
  })
}

// A character that no header can hold would bring the key into the message of the failure to send it.
const sendable = (text: string): Result.Result<string, string> =>
  /^[\x20-\x7e\xa0-\xff]+$/.test(text) ? Result.succeed(text) : Result.fail("text that a header can hold, on one line")

/** The endpoint of the model. */
export const endpoint = {
  /** The model of the agents. */
  model: Field.text<string, string, string>({
    about: "model of the agents",
    default: "gpt-4o-mini",
    example: "gpt-4o-mini",
    variable: "LLM_MODEL",
    parse: Result.succeed,
    show: (model) => model
  }),
  /** The endpoint's base URL, without a slash at its end. Its query may hold a key: print `inForce` instead. */
  baseUrl: Address.baseUrl({
    about: "URL of any OpenAI-compatible endpoint; with neither this nor a key, the simulated model answers",
    variable: "OPENAI_BASE_URL"
  }),
  /** The key shown to the endpoint. */
  apiKey: Field.secret({ about: "key shown to the endpoint", example: "sk-...", variable: "OPENAI_API_KEY" }, sendable)
}

/** The agents. */
export const agents = {
  /** Jobs generated per minute for the population. */
  jobsPerMinute: Field.number({
    about: "jobs generated per minute for the agents",
    minimum: 0,
    maximum: 1_000_000,
    default: 10,
    variable: "JOBS_PER_MIN"
  }),
  /** Built-in agents. */
  populationSize: Field.integer({
    about: "built-in agents; against a real endpoint they run only if this is set",
    minimum: 0,
    maximum: 100_000,
    default: 20,
    usual: "20 on the simulated model, else 0",
    variable: "POPULATION_SIZE"
  })
}

/** Where the gateway listens. */
export const address = {
  /** The address to listen on. */
  host: Address.host({ about: "address to listen on", default: "127.0.0.1", variable: "HOST" }),
  /** The port to listen on; 0 lets the system choose. */
  port: Field.integer({
    about: "port to listen on; with 0 the system chooses one",
    minimum: 0,
    maximum: 65_535,
    default: 3000,
    variable: "PORT"
  })
}

/** The gateway. */
export const server = {
  ...address,
  /** The keys that callers may show; with none, every caller is let in. */
  apiKeys: ApiKey.list({
    about:
      "keys of callers, as `name=key` or `key`, separated by commas; needed beyond loopback, and for other host names and pages",
    variable: "HEADGATE_API_KEYS"
  }),
  /** Whether to let everyone in without keys: beyond loopback, under any name and from any page. */
  allowAnonymous: Field.boolean({
    about: "lets everyone in without keys: beyond loopback, under any host name and from any page",
    default: false,
    variable: "HEADGATE_ALLOW_ANONYMOUS"
  }),
  /** Bytes of the largest request body. */
  maxBodyBytes: Field.integer({
    about: "bytes of the largest request body; larger ones get 413",
    minimum: 1024,
    maximum: 1e10,
    default: 33_554_432,
    variable: "HEADGATE_MAX_BODY_BYTES"
  }),
  redisUrl: Field.secret(
    {
      example: "redis://127.0.0.1:6379",
      variable: "REDIS_URL"
    },
    (text) =>
      Address.parseUrl(text, ["redis:", "rediss:"]) === undefined
        ? Result.fail("a redis or rediss URL with a host")
        : Result.succeed(text)
  ),
  /** The least severe log lines that are written. */
  logLevel: Field.oneOf(LogLevel.values, {
    about: "least severe log lines that are written",
    default: "Info",
    example: "info",
    variable: "LOG_LEVEL"
  }),
  /** How log lines look; `undefined` is `pretty` on a terminal, else `json`. */
  logFormat: Field.oneOf(["pretty", "json"], {
    about: "how log lines look",
    default: undefined,
    usual: "`pretty` on a terminal, else `json`",
    example: "json",
    variable: "LOG_FORMAT"
  })
}

/** What commands show to a gateway that runs elsewhere. */
export const client = {
  key: Field.secret(
    {
      about: "key that `headgate stats` and `headgate advise` show to a gateway",
      example: "a-long-random-key",
      variable: "HEADGATE_API_KEY"
    },
    sendable
  )
}

/** The settings in the order in which they are shown. */
export const settings = { ...limits, ...endpoint, ...agents, ...server }
