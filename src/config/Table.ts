import { LogLevel } from "effect"
import * as Address from "./Address.ts"
import * as ApiKey from "./ApiKey.ts"
import { boolean, duration, func, integer, number, oneOf, optional, secret, text } from "./Field.ts"
import { group } from "./Options.ts"

// Every setting is one row: its type, range, default and variable. Types, option checks, the environment, `headgate config`
// and the tables of the documents are made from it, the meaning there from the comment above the row: meaning, range, default.
// What a preset changes stands in Preset.ts.

/** The names of the presets. */
export const presets = ["default", "heavy", "light", "unstable", "adaptive"] as const

/** The limits of the circuit breaker. */
export const circuitBreaker = {
  /** Consecutive failed attempts that open the circuit. 1 to 1000000, or `Infinity`. Default: 5. */
  maxFailures: integer(1, 1_000_000, { default: 5, env: "LLM_CIRCUIT_BREAKER_MAX_FAILURES", off: "off" }),
  /** How long the circuit stays open before a probe. 1 ms to a day. Default: 30 s. */
  timeout: duration({ default: 30_000, env: "LLM_CIRCUIT_BREAKER_TIMEOUT_MS" })
}

/** The limits of the default stack that have a variable. */
export const limits = {
  /**
   * The limits to start from; a setting of its own wins over the preset. `default`, `heavy`, `light`, `unstable` or
   * `adaptive`. Default: `default`.
   */
  preset: oneOf(presets, { default: "default", example: "heavy", env: "LLM_PRESET" }),
  /** Calls the model serves at the same time. 1 to 100000, or `Infinity`. Default: 3. */
  maxConcurrentRequests: integer(1, 1e5, { default: 3, env: "LLM_MAX_CONCURRENT_REQUESTS", off: "unlimited" }),
  /** Calls started per second. 0.001 to 100000, or `Infinity`. Default: 2. */
  requestsPerSecond: number(0.001, 1e5, {
    default: 2,
    example: "2.0",
    env: "LLM_REQUESTS_PER_SECOND",
    off: "unlimited"
  }),
  /** Calls that may wait; with 0 a call starts at once or is refused. 0 to 1000000, or `Infinity`. Default: 50. */
  maxQueueSize: integer(0, 1_000_000, { default: 50, env: "LLM_MAX_QUEUE_SIZE", infinite: true }),
  /** Most calls that the preset `adaptive` lets run at once. 1 to 100000. Default: 64. */
  adaptiveMaxConcurrent: integer(1, 1e5, { default: 64, env: "LLM_ADAPTIVE_MAX_CONCURRENT" }),
  circuitBreaker: group(circuitBreaker),
  /**
   * Longest time of one attempt, until the first byte of a stream or the whole reply. 1 ms to a day, or `Infinity`.
   * Default: 60 s.
   */
  requestTimeout: duration({ default: 60_000, env: "LLM_REQUEST_TIMEOUT_MS", infinite: true }),
  /** Longest silence inside a stream. 1 ms to a day, or `Infinity`. Default: 60 s. */
  streamIdleTimeout: duration({ default: 60_000, env: "LLM_STREAM_IDLE_TIMEOUT_MS", infinite: true }),
  /**
   * Longest time of a whole call whose caller names none, waiting and retries included; for a stream, until its
   * first byte. 1 ms to a day, or `Infinity`. Default: 120 s.
   */
  deadline: duration({ default: 120_000, env: "LLM_DEADLINE_MS", off: "none" }),
  /** Retries of failures that may pass, inside a retry budget. 0 to 20. Default: 2. */
  maxRetries: integer(0, 20, { default: 2, env: "LLM_MAX_RETRIES" }),
  /** Prompt and completion tokens reserved per minute. 1 to 1e12, or `Infinity`. Default: `Infinity`. */
  tokensPerMinute: number(1, 1e12, { default: Infinity, example: "100000", env: "LLM_TOKENS_PER_MINUTE", off: "none" })
}

/** The options of the default stack. */
export const stack = {
  ...limits,
  /** Calls that may start at once after a quiet time. 1 to 1e12. Default: 1. */
  burst: number(1, 1e12, { default: 1 }),
  /** Longest wait before the start. 1 ms to a day, or `Infinity`. Default: `Infinity`. */
  maxWait: duration({ default: Infinity, infinite: true })
}

/** The options of a provider beside those of its stack. */
export const provider = {
  /**
   * How long a permit is kept for work that goes on after its call was cut. 0 ms to a day, or `Infinity`. Default:
   * 30 s.
   */
  grace: duration({ default: 30_000, minimum: 0, infinite: true }),
  /** How long `close` lets calls go on. 0 ms to a day, or `Infinity`. Default: 20 s. */
  closeWithin: duration({ default: 20_000, minimum: 0, infinite: true }),
  /** Answers the requests of the provider's `fetch` in the end. A function. Default: the global `fetch`. */
  fetch: func<typeof globalThis.fetch | undefined>({ default: undefined }),
  /**
   * Bytes of the largest request body that the provider's `fetch` reads from a stream. 1024 to 1e10. Default:
   * 33554432.
   */
  maxBodyBytes: integer(1024, 1e10, { default: 33_554_432 })
}

// A character that no header can hold would bring the key into the message of the failure to send it.
const key = (env: string, example: string) =>
  secret(env, example, "text that a header can hold, on one line", (text) => /^[\x20-\x7e\xa0-\xff]+$/.test(text))

const isRedis = (text: string) => Address.parseUrl(text, ["redis:", "rediss:"]) !== undefined

const usualModel = "gpt-4o-mini"

/** The endpoint of the model. */
export const endpoint = {
  /** Model of the agents. Any text. Default: `gpt-4o-mini`. */
  model: text({ default: usualModel, example: usualModel, env: "LLM_MODEL", allowed: "a text", read: (text) => text }),
  /**
   * Any OpenAI-compatible endpoint; with neither this nor a key, the simulated model answers. An http(s) URL.
   * Default: none.
   */
  // Its query may hold a key: print `inForce` instead.
  baseUrl: optional(Address.baseUrl("OPENAI_BASE_URL")),
  /** Key shown to the endpoint. Any text. Default: none. */
  apiKey: key("OPENAI_API_KEY", "sk-...")
}

/** How the gateway reaches the endpoint. */
export const upstream = {
  /**
   * File of several endpoints with their models and limits, in place of `OPENAI_BASE_URL`; see docs/endpoints.md. A path.
   * Default: none.
   */
  configFile: optional(
    text({ env: "HEADGATE_CONFIG", example: "headgate.json", allowed: "the path of a file", read: (path) => path })
  ),
  /** Whether streamed chats are asked for their usage. `auto` or `off`. Default: `auto`. */
  streamUsage: oneOf(["auto", "off"], { default: "auto", example: "off", env: "LLM_STREAM_USAGE" }),
  /** Proxy for http endpoints; `http_proxy` is read first. A proxy's URL. Default: none. */
  httpProxy: Address.proxy("HTTP_PROXY"),
  /** Proxy for https endpoints; `https_proxy` is read first. A proxy's URL. Default: none. */
  httpsProxy: Address.proxy("HTTPS_PROXY"),
  /**
   * Hosts that are reached without a proxy; `no_proxy` is read first. Names with all beneath them, addresses, networks
   * such as `10.0.0.0/8`, each with a port or without, separated by commas, or `*`. Default: none.
   */
  noProxy: optional(
    text({
      env: "NO_PROXY",
      alias: "no_proxy",
      example: "localhost,.internal",
      allowed: "hosts",
      read: (hosts) => hosts
    })
  )
}

/** The agents. */
export const agents = {
  /** Jobs generated per minute for the agents. 0 to 1000000. Default: 10. */
  jobsPerMinute: number(0, 1_000_000, { default: 10, env: "JOBS_PER_MIN" }),
  /**
   * Built-in agents; against a real endpoint they run only if this is set. 0 to 100000. Default: 20 on the simulated
   * model, else 0.
   */
  populationSize: integer(0, 100_000, { default: 20, env: "POPULATION_SIZE" }),
  /**
   * Database in which jobs outlive the process; see docs/jobs.md. A postgres URL, or `sqlite:` with the path of a file.
   * Default: none.
   */
  databaseUrl: secret(
    "DATABASE_URL",
    "sqlite:headgate.db",
    "a postgres URL with a host, or sqlite: with the path of a file",
    Address.isDatabase
  )
}

/** Where the gateway listens. */
export const address = {
  /** Address to listen on. An IP address or a host name. Default: `127.0.0.1`. */
  host: Address.host("HOST", "127.0.0.1"),
  /** Port to listen on; 0 lets the system choose. 0 to 65535. Default: 3000. */
  port: integer(0, 65_535, { default: 3000, env: "PORT" })
}

/** The store in which replicas share their limits. */
export const shared = {
  /**
   * Redis in which replicas share limits, circuit and stats, and jobs if there is no database. A redis or rediss URL.
   * Default: none.
   */
  redisUrl: secret("REDIS_URL", "redis://127.0.0.1:6379", "a redis or rediss URL with a host", isRedis),
  /**
   * What a replica does while the store does not answer: go on with its share of the limits, refuse calls, or let all
   * pass. `local`, `refuse` or `open`. Default: `local`.
   */
  storeDown: oneOf(["local", "refuse", "open"], { default: "local", example: "refuse", env: "HEADGATE_STORE_DOWN" }),
  /**
   * Starts and permits that a replica may take in advance, so that most calls need not ask the store; 0 is exact. 0 to
   * 100000. Default: 0.
   */
  storeAllowance: integer(0, 1e5, { default: 0, env: "HEADGATE_STORE_ALLOWANCE" }),
  /** Time after which what a dead replica held comes back. 500 ms to a day. Default: 10 s. */
  storeLease: duration({ minimum: 500, default: 10_000, env: "HEADGATE_STORE_LEASE_MS" })
}

/** The gateway. */
export const server = {
  ...address,
  /**
   * Keys of callers, separated by commas; needed beyond loopback, and for other host names and pages. `name=key` or
   * `key`, each key 8 characters or more. Default: none.
   */
  apiKeys: ApiKey.list("HEADGATE_API_KEYS"),
  /**
   * Whether everyone is let in without a key, beyond loopback too, under any host name and from any page. `true` or
   * `false`. Default: `false`.
   */
  allowAnonymous: boolean({ default: false, env: "HEADGATE_ALLOW_ANONYMOUS" }),
  /** Bytes of the largest request body; a larger one gets 413. 1024 to 1e10. Default: 33554432. */
  maxBodyBytes: integer(1024, 1e10, { default: 33_554_432, env: "HEADGATE_MAX_BODY_BYTES" }),
  /** How long an idle connection of a caller is kept. 1000 ms to a day. Default: 75 s. */
  keepAlive: duration({ minimum: 1000, default: 75_000, env: "HEADGATE_KEEP_ALIVE_MS" }),
  ...shared,
  /**
   * Least severe log lines that are written. `all`, `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `none`.
   * Default: `info`.
   */
  logLevel: oneOf(LogLevel.values, { default: "Info", example: "info", env: "LOG_LEVEL" }),
  /** How log lines look. `pretty` or `json`. Default: `pretty` on a terminal, else `json`. */
  logFormat: optional(oneOf(["pretty", "json"], { example: "json", env: "LOG_FORMAT" }))
}

/** What commands show to a gateway that runs elsewhere. */
export const client = {
  /** Key that `headgate stats` and `headgate advise` show to a gateway. Any text. Default: none. */
  key: key("HEADGATE_API_KEY", "a-long-random-key")
}

/** The settings in the order in which they are shown. */
export const settings = { ...limits, ...endpoint, ...upstream, ...agents, ...server }
