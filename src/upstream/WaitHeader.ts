import type { Waited } from "../Call.ts"

/**
 * Tells a caller how long its call waited for its first start: milliseconds, then by what for, if it waited.
 *
 * An integer with parameters (RFC 9651, 3.3): `5230;queue=5000;permit=230`.
 */
export const of = (total: number, waited: Waited | undefined): Readonly<Record<string, string>> => {
  const stages = Object.entries(waited ?? {}).map(([stage, millis]) => `;${stage}=${Math.round(millis)}`)
  return { "x-headgate-wait-ms": `${Math.round(total)}${stages.join("")}` }
}
