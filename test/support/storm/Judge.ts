import { header, type Message } from "../wire/HttpParser.ts"
import { type Api, apis, codeOf, ownError, valueOf } from "./Apis.ts"
import { errorBody, malformedBody, reportedBody } from "./Faults.ts"
import type { Plan } from "./Plan.ts"

/** How the statistics count a call. */
export type Outcome = "succeeded" | "failed" | "rejected" | "timedOut"

/** What a reply is, and how its call is counted; or what is wrong with it. */
export type Verdict = { readonly outcome: Outcome; readonly whole: boolean } | { readonly wrong: string }

const statuses: Readonly<Record<string, readonly [status: number, outcomes: Outcome]>> = {
  queue_full: [429, "rejected"],
  rate_limited: [429, "rejected"],
  circuit_open: [503, "rejected"],
  deadline_exceeded: [504, "rejected"],
  upstream_timeout: [504, "timedOut"],
  upstream_unreachable: [502, "failed"]
}

const inStream: Readonly<Record<string, Outcome>> = {
  upstream_unreachable: "failed",
  upstream_idle_timeout: "timedOut",
  upstream_timeout: "timedOut"
}

/** The value of the last event of a text, which must be whole. */
const lastEvent = (text: string): unknown =>
  text.endsWith("\n\n") ? valueOf(/(?:^|\n\n)(?:event: \w+\n)?data: (.*)\n\n$/.exec(text)?.[1] ?? "") : undefined

/** The part of a text after as many whole events as it has in common with the answer. */
const afterEvents = (text: string, events: ReadonlyArray<string>): string => {
  let rest = text
  for (const event of events) {
    if (!rest.startsWith(event)) break
    rest = rest.slice(event.length)
  }
  return rest
}

const judgeStream = (api: Api, id: string, text: string): Verdict => {
  const events = api.events!(id)
  if (text === events.join("")) return { outcome: "succeeded", whole: true }
  const rest = afterEvents(text, events)
  if (rest === api.failure) return { outcome: "failed", whole: false }
  const value = lastEvent(rest)
  const outcome = inStream[codeOf(value)]
  if (outcome === undefined || !api.isError(value)) return { wrong: `a stream that ends with ${rest.slice(-200)}` }
  if (rest.split("data: ").length !== 2 || text.includes("[DONE]")) return { wrong: `a stream that goes on: ${rest}` }
  return { outcome, whole: false }
}

/** Judges a whole reply by what the endpoint may have said, and by the form in which the gateway tells of errors. */
export const judge = (plan: Plan, reply: Message, isOnlyEndpoint: boolean): Verdict => {
  const api = apis[plan.api]!
  const text = reply.body.toString()
  const { status } = reply
  if (header(reply, "x-request-id") !== plan.id) return { wrong: `the id ${header(reply, "x-request-id")}` }
  if (status === 200) {
    if ((header(reply, "content-type") ?? "").startsWith("text/event-stream")) {
      return text === api.failure ? { outcome: "failed", whole: false } : judgeStream(api, plan.id, text)
    }
    if (text === reportedBody) return { outcome: "failed", whole: false }
    // Without another endpoint to ask, what the only one says with 200 is its answer.
    if (text === malformedBody && plan.fault === "malformed")
      return { outcome: isOnlyEndpoint ? "succeeded" : "failed", whole: false }
    return !plan.streamed && text === api.answer(plan.id)
      ? { outcome: "succeeded", whole: true }
      : { wrong: `200 with ${text.slice(0, 200)}` }
  }
  if (text === errorBody && status === Number(plan.fault)) return { outcome: "failed", whole: false }
  const code = ownError(api, reply)
  const known = code === undefined ? undefined : statuses[code]
  if (known === undefined || known[0] !== status) return { wrong: `${status} with ${text.slice(0, 200)}` }
  return { outcome: known[1], whole: false }
}

/** Whether a request without a fault, or with one that passes, was answered as it deserves when nothing else was wrong. */
export const deserves = (plan: Plan, verdict: Verdict): boolean => {
  if ("wrong" in verdict) return false
  if (verdict.outcome === "rejected") return true
  const { fault, once } = plan
  switch (fault) {
    case undefined:
    case "trickle":
      return verdict.whole
    case "malformed":
      return true
    case "hang":
    case "hang after the head":
    case "hang in the middle":
      return (once && verdict.whole) || verdict.outcome === "timedOut"
    case "429":
      return (once && verdict.whole) || verdict.outcome === "failed" || verdict.outcome === "timedOut"
    default:
      return (once && verdict.whole) || verdict.outcome === "failed"
  }
}
