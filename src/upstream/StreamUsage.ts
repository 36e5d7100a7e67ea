import { Predicate } from "effect"
import { Lru } from "../engine/Lru.ts"
import * as Failure from "../Failure.ts"
import * as Json from "./Json.ts"
import * as JsonObject from "./JsonObject.ts"
import type { UpstreamRequest } from "./Upstream.ts"

/**
 * What is known of a model: that it knows the question, that it refuses it, that it failed with and without it, or that it
 * failed once with it, before it has answered since and after.
 */
type Known = "understands" | "refuses" | "failed" | "stumbled" | "suspected"

/** A failure in place of a good answer. */
export interface Fault {
  /** Its status; `undefined` for an answer that broke off, or did not begin. */
  readonly status: number | undefined
  /** What it says. */
  readonly text: string
  /** The system's name for what happened to the connection. */
  readonly reason?: string | undefined
  /** Whether it says when to come back. */
  readonly retryAfter: boolean
}

// Models known by name, and characters kept of a name.
const mostModels = 1000
const longestName = 200

// No connection was made, or the caller has given it up: the question cannot be why.
const beforehand = /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|UND_ERR_CONNECT|CERT_|ERR_TLS|.*ABORT)/

const inBody = (body: Uint8Array | undefined): string => {
  const model = body && JsonObject.of(body)?.members.findLast(({ name }) => name === "model")
  const value = model && Json.parse(body!.subarray(model.from, model.to))
  return Predicate.isString(value) ? value : ""
}

/** The model that a request names; empty if there is none. */
export const modelOf = ({ body, model = inBody(body) }: UpstreamRequest): string => model.slice(0, longestName)

/** Names a request's endpoint and model, for what is known of both. */
const keyOf = (request: UpstreamRequest): string => `${request.endpoint ?? ""} ${modelOf(request)}`

const encoder = new TextEncoder()
const [open, letterN, letterT] = [0x7b, 0x6e, 0x74]

const replaced = (json: Uint8Array, from: number, to: number, text: string): Uint8Array =>
  Buffer.concat([json.subarray(0, from), encoder.encode(text), json.subarray(to)])

const last = ({ members }: JsonObject.JsonObject, name: string) => members.findLast((member) => member.name === name)

const added = (json: Uint8Array, { end, members }: JsonObject.JsonObject, member: string): Uint8Array =>
  replaced(json, end, end, members.length === 0 ? member : `,${member}`)

/**
 * Asks for the usage of a streamed chat in a request that does not; every other byte of it stays.
 *
 * It is `undefined` if the request asks already, or has something there that only its endpoint can judge.
 */
export const withIncludeUsage = (json: Uint8Array): Uint8Array | undefined => {
  const body = JsonObject.of(json)
  if (body === undefined) return undefined
  const options = last(body, "stream_options")
  if (options === undefined) return added(json, body, '"stream_options":{"include_usage":true}')
  if (json[options.from] === letterN) return replaced(json, options.from, options.to, '{"include_usage":true}')
  const object = json[options.from] === open ? JsonObject.at(json, options.from) : undefined
  if (object === undefined) return undefined
  const include = last(object, "include_usage")
  if (include === undefined) return added(json, object, '"include_usage":true')
  return json[include.from] === letterT ? undefined : replaced(json, include.from, include.to, "true")
}

/** A request that asks for its usage although its caller does not. */
export interface Question {
  readonly body: Uint8Array
  /** Whether the question may be why there is no good answer: then the request is worth to be sent once more without it. */
  readonly mayBeWhy: (fault: Fault) => boolean
  /** Notes that the question was answered well. */
  readonly understood: () => void
  /** Notes that there was a good answer without the question, and none with it. */
  readonly refused: () => void
  /** Notes that there was no good answer with the question, nor without it. */
  readonly failed: () => void
}

/**
 * Asks streamed chats for their usage, without which their tokens can only be estimated.
 *
 * The question must never be why a request fails. A model that refuses it is not asked it again; nor is one that failed with
 * it twice, and not without it: once may be chance. After a failure a model is not asked until it has answered, so that an
 * outage is not made worse by asking twice.
 */
export class StreamUsage {
  readonly #known = new Lru<string, Known>(mostModels)

  /** The question to send along with a request; `undefined` if it has none, or must not have one. */
  of(request: UpstreamRequest): Question | undefined {
    const { body, path } = request
    if (path.split("?", 1)[0] !== "/chat/completions" || body === undefined) return undefined
    const key = keyOf(request)
    const known = this.#known.get(key)
    if (known === "refuses" || known === "failed" || known === "stumbled") return undefined
    const asked = withIncludeUsage(body)
    if (asked === undefined) return undefined
    const isKnown = known === "understands"
    let isClear = true
    return {
      body: asked,
      mayBeWhy: (fault) => {
        isClear = isRefusal(fault)
        return mayBeWhy(fault, isKnown)
      },
      understood: () => isKnown || this.#known.set(key, "understands"),
      refused: () => this.#known.set(key, isClear || known === "suspected" ? "refuses" : "stumbled"),
      failed: () => this.#known.set(key, "failed")
    }
  }

  /** Notes that a model answered well without the question: after a failure it may be asked again. */
  answered(request: UpstreamRequest): void {
    const key = keyOf(request)
    const known = this.#known.get(key)
    if (known === "failed") this.#known.delete(key)
    else if (known === "stumbled") this.#known.set(key, "suspected")
  }
}

const named = /stream_options|include_usage/

/** Whether a fault is an answer to the question, and no failure that may have come in its way. */
const isRefusal = ({ status, text }: Fault): boolean =>
  named.test(text) || (status !== undefined && Failure.isDeclined(status))

const mayBeWhy = ({ reason = "", retryAfter, status, text }: Fault, isKnown: boolean): boolean => {
  if (named.test(text)) return true
  if (status === undefined) return !isKnown && !beforehand.test(reason)
  // The endpoint asks for a rest.
  if (status === 429 || (status >= 500 && retryAfter)) return false
  return Failure.isDeclined(status) || (!isKnown && status !== 408)
}
