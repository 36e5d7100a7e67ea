import { Option } from "effect"
import { jsonrepair } from "jsonrepair"
import * as Brackets from "./Brackets.ts"
import { strictly } from "./Json.ts"

/** A value in brackets, found in a reply. */
export interface Candidate {
  readonly value: unknown
  /** Where it begins and ends. */
  readonly start: number
  readonly end: number
  /** Whether the reply ended before its bracket was closed. */
  readonly open: boolean
  /** Whether a word without quotes is among its values. */
  readonly free: boolean
  /** Whether something was left out, so that it has no value. */
  readonly elided: boolean
  /** The value without the number that the reply ended behind, if it did. */
  readonly less?: unknown
}

const repaired = Option.liftThrowable(jsonrepair)

const valueOf = ({ elided, json, reveal }: Brackets.Bracketed): Option.Option<unknown> =>
  json === "" || elided
    ? Option.none()
    : Option.orElse(strictly(reveal(json)), () => Option.flatMap(repaired(json), (json) => strictly(reveal(json))))

const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs

/** Where a bracket closes if all is as JSON has it. */
const closing = (reply: string, start: number): number => {
  let depth = 0
  token.lastIndex = start
  for (let match = token.exec(reply); match !== null; match = token.exec(reply)) {
    if (match[0] === "{" || match[0] === "[") depth++
    else if (match[0] === "}" || match[0] === "]") depth--
    if (depth === 0) return token.lastIndex
  }
  return reply.length
}

const nextOpener = (reply: string, from: number): number => {
  const opener = /[{[]/g
  opener.lastIndex = from
  return opener.exec(reply)?.index ?? -1
}

/** The outermost values in brackets, in their order; `undefined` if the reply opens too many brackets that it never closes. */
export const all = (reply: string): ReadonlyArray<Candidate> | undefined => {
  const candidates: Array<Candidate> = []
  // A bracket that does not end is read to the end of the reply, and what stands inside once more.
  let work = 6 * reply.length + 100_000
  for (let start = nextOpener(reply, 0); start !== -1 && work > 0;) {
    const end = closing(reply, start)
    const exact = strictly(reply.slice(start, end))
    work -= end - start
    if (Option.isSome(exact)) {
      candidates.push({ value: exact.value, start, end, open: false, free: false, elided: false })
      start = nextOpener(reply, end)
      continue
    }
    const read = Brackets.read(reply, start)
    work -= read.end - start
    const value = valueOf(read)
    if (Option.isSome(value) || read.elided) {
      const { closed, elided, end, free } = read
      const found = { value: Option.getOrUndefined(value), start, end, open: !closed, free, elided }
      const less = read.mayGoOn ? Option.getOrUndefined(valueOf(Brackets.read(reply, start, false))) : undefined
      candidates.push(less === undefined ? found : { ...found, less })
    }
    const inside = Option.isNone(value) && read.json !== "" && !read.elided
    start = nextOpener(reply, inside || !read.closed ? start + 1 : read.end)
  }
  return work > 0 ? candidates : undefined
}

/** A text, or its end, without the objects in it that are whole. */
export const outside = (text: string, candidates: ReadonlyArray<Candidate>, from = 0): string => {
  const objects = candidates.filter(({ open, start }) => !open && start >= from && text[start] === "{")
  const ends = [from, ...objects.map(({ end }) => end)]
  return ends.map((end, index) => text.slice(end, objects[index]?.start)).join(" ")
}
