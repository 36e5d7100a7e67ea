import { printable, type Problem } from "../../config/InvalidOptions.ts"
import { nearest } from "../../config/Misspelling.ts"
import { type Incident, kinds } from "../../simulator/model/Incident.ts"

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `500ms`, `60s`, `2m`, `1h` or `0`; `NaN` for anything else. */
const millisOf = (text: string): number => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) return Number(amount) * units[unit]!
  return text === "0" ? 0 : NaN
}

const numberOf = (text: string): number => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN)

type Amount = Pick<Incident, "speed" | "share" | "requestsPerMinute" | "tokensPerMinute">

const limitsOf = (text: string): Amount | undefined => {
  const amount: { requestsPerMinute?: number; tokensPerMinute?: number } = {}
  for (const part of text.split(",")) {
    const isTokens = part.endsWith("t")
    const value = numberOf(isTokens ? part.slice(0, -1) : part)
    if (!(value >= 1 && value <= 1e9)) return undefined
    amount[isTokens ? "tokensPerMinute" : "requestsPerMinute"] = value
  }
  return amount
}

/** What the part after the time means; `undefined` if it is not allowed. */
const amountOf = (kind: Incident["kind"], text: string | undefined): Amount | undefined => {
  if (kind === "limit") return text === undefined ? undefined : limitsOf(text)
  if (text === undefined) return {}
  const value = numberOf(text)
  if (kind === "slow") return value >= 0.001 && value <= 1e6 ? { speed: 1 / value } : undefined
  if (kind === "fail") return value >= 0 && value <= 1 ? { share: value } : undefined
  return undefined
}

const amounts: Readonly<Record<Incident["kind"], string>> = {
  slow: "how many times slower, from 0.001 to 1000000, such as slow:60s..120s:3; 10 if left out",
  fail: "the share of requests that fail, from 0 to 1, such as fail:60s..120s:0.5; 1 if left out",
  limit: "requests a minute, or tokens a minute with a t, such as limit:60s..120s:60 or limit:60,80000t",
  outage: "nothing after the time, such as outage:60s..120s",
  refuse: "nothing after the time, such as refuse:60s..120s",
  hang: "nothing after the time, such as hang:60s..120s"
}

/** The form of an incident, in words. */
export const form = `KIND, KIND:FROM..TO or KIND:FROM..TO:AMOUNT; KIND is ${kinds.join(", ")}, times are 500ms, 60s, 2m or 1h`

/** Reads `slow:60s..120s:3`; adds a problem if it is not allowed. */
export const read = (text: string, problems: Array<Problem>, name: string): Incident | undefined => {
  const refuse = (allowed: string) => {
    problems.push({ name, value: printable(text), allowed })
    return undefined
  }
  const [word = "", ...rest] = text.trim().split(":")
  const kind = kinds.find((one) => one === word)
  if (kind === undefined) {
    const meant = nearest(word, kinds)
    return refuse(`${form}${meant === undefined ? "" : `; did you mean ${meant}?`}`)
  }
  const hasTime = rest[0]?.includes("..") === true
  const [from = "", to = "", ...more] = hasTime ? rest[0]!.split("..") : []
  const [amountText, ...others] = hasTime ? rest.slice(1) : rest
  const span = { from: from === "" ? 0 : millisOf(from), to: to === "" ? Infinity : millisOf(to) }
  if (others.length > 0 || more.length > 0) return refuse(form)
  if (Number.isNaN(span.from) || Number.isNaN(span.to)) return refuse(`times such as 500ms, 60s, 2m or 1h: ${form}`)
  if (span.to <= span.from) return refuse("a TO after its FROM, such as slow:60s..120s:3")
  const amount = amountOf(kind, amountText)
  return amount === undefined ? refuse(amounts[kind]) : { kind, ...span, ...amount }
}
