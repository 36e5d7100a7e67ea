import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { fetch as undiciFetch, type RequestInit } from "@effect/platform-node/Undici"
import { type Duration, Effect, Predicate, Redacted, type Scope, Struct } from "effect"
import OpenAI from "openai"
import type { InvalidOptions } from "../../config/InvalidOptions.ts"
import * as Field from "../../config/Field.ts"
import { decode } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { tellingAborts } from "./SdkFailure.ts"

/** How to reach an endpoint. */
export interface Options {
  /** The endpoint's http or https URL, to which paths are appended; `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key shown to the endpoint; none. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Longest time until a reply is whole, or a stream begins, 1 ms to a day; none, since that is for the gate to say. */
  readonly timeout?: Duration.Input | undefined
  /** Further headers of each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Makes the requests; one over connections that are closed with the layer. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** The official SDK's client, where it sends to, and a filter that keeps its key out of texts. */
export interface Client {
  readonly sdk: OpenAI
  /** Where it sends chat requests, without a query. */
  readonly url: string
  /** Takes the key out of a text. */
  readonly scrub: (text: string) => string
}

// A timer that is set for longer rings at once.
const longest = 2 ** 31 - 1

type Headers = Readonly<Record<string, string>>

// What a header cannot hold would be in the message of the failure to send it; a key may be in any of them.
const headers: Field.Field<Headers> = Field.make({
  default: {},
  allowed: "an object of texts",
  read: (given, problems, option) => {
    if (!Predicate.isObject(given)) return undefined
    for (const [name, value] of Object.entries(given)) {
      if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\x20-\x7e\xa0-\xff]*$/.test(String(value))) continue
      problems.push({
        name: `${option}[${JSON.stringify(name)}]`,
        value: Field.redacted,
        allowed: "a name and a text that a header can hold, on one line",
        example: '"blue"'
      })
    }
    return given
  }
})

const fields = {
  baseUrl: Table.endpoint.baseUrl,
  apiKey: Table.endpoint.apiKey,
  timeout: Field.duration({ infinite: true, default: Infinity }),
  headers,
  fetch: Table.provider.fetch
}

// The usual fetch gives up on a reply that has not begun after five minutes.
const patientFetch: Effect.Effect<typeof globalThis.fetch, never, Scope.Scope> = Effect.map(
  NodeHttpClient.makeDispatcherOptions({ headersTimeout: 0, bodyTimeout: 0 }),
  (dispatcher) => {
    const fetch: unknown = (input: string, init: RequestInit) => undiciFetch(input, { ...init, dispatcher })
    // The same functions and classes, declared twice: by the runtime and by the package it is made of.
    return fetch as typeof globalThis.fetch
  }
)

/** Makes a client that never tries again by itself, and takes nothing from the environment. */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Client, InvalidOptions, Scope.Scope> {
  // Other options belong to the layers that share these.
  const given = Struct.pick(options, ["baseUrl", "apiKey", "timeout", "headers", "fetch"])
  const { apiKey, baseUrl, fetch, headers, timeout } = yield* decode(fields, given)
  const key = apiKey && Redacted.value(apiKey)
  const base = new URL(baseUrl ?? "https://api.openai.com/v1")
  const { href } = new URL(base.pathname, base.origin)
  const sdk = new OpenAI({
    baseURL: href,
    defaultQuery: Object.fromEntries(base.searchParams),
    // Without a key there is no such header at all; the SDK insists on one.
    apiKey: key ?? "none",
    defaultHeaders: { ...(key === undefined && { authorization: null }), ...headers },
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: Math.min(longest, Math.ceil(timeout)),
    logLevel: "off",
    fetch: tellingAborts(fetch ?? (yield* patientFetch))
  })
  return {
    sdk,
    url: `${href.replace(/\/+$/, "")}/chat/completions`,
    scrub: (text) => (key === undefined ? text : text.replaceAll(key, Field.redacted))
  }
})
