import * as JsonObject from "./JsonObject.ts"

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
