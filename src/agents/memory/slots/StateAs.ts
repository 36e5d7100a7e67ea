import type { Reading } from "../Reading.ts"

/** What a statement says of the subject of another, where it has no verb: "Bulletin: north road flooded". */
export const stateAs = ({ spots }: Reading, { state }: Reading): Reading["state"] => {
  if (state === undefined) return undefined
  const { stems } = state.about
  const from = spots.findIndex(({ stem }) => stems.has(stem))
  if (from < 0 || !/^(?:[\^:;,]|that|found|finds|says)$/.test(spots[from]!.left)) return undefined
  let to = from
  while (spots[to] !== undefined && stems.has(spots[to]!.stem)) to++
  const tells = new Set<string>()
  for (let i = to; i < spots.length && tells.size < 4; i++) {
    if (/^[,;:]$/.test(spots[i - 1]!.right)) break
    tells.add(spots[i]!.stem)
  }
  return tells.size === 0 || to - from < stems.size ? undefined : { about: state.about, tells, sure: false }
}
