import { ConfigProvider, Effect } from "effect"
import { printable } from "./InvalidOptions.ts"

/** Counts the characters to add, remove or replace that turn one word into another (Levenshtein's distance). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [line, character] of Array.from(one).entries()) {
    const next = [line + 1]
    for (let column = 0; column < other.length; column++) {
      const replaced = row[column]! + (character === other[column] ? 0 : 1)
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row[other.length]!
}

/** Finds the name most like another, or the only one that begins about like it, unless too little of it agrees. */
export const nearest = (name: string, names: ReadonlyArray<string>): string | undefined => {
  const [best] = names.map((known) => ({ known, far: distance(name, known) })).sort((a, b) => a.far - b.far)
  if (best !== undefined && best.far <= name.length / 3) return best.known
  const begun = names.filter((known) => distance(name, known.slice(0, name.length)) <= name.length / 6)
  return begun.length === 1 ? begun[0] : undefined
}

/** An unknown variable with a name like ours, and the known name it resembles. */
export interface Misspelling {
  readonly name: string
  readonly nearest: string | undefined
}

/** Describes a misspelling in one line. */
export const describe = ({ name, nearest }: Misspelling): string =>
  `${name} is not a variable of headgate${nearest === undefined ? "" : `; did you mean ${nearest}?`}`

/** Lists the variables under a path. */
const namesUnder = (
  provider: ConfigProvider.ConfigProvider,
  path: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, ConfigProvider.SourceError> =>
  Effect.flatMap(provider.load(path), (node) => {
    const keys = node?._tag === "Record" ? [...node.keys] : []
    const below = Effect.forEach(keys, (key) => namesUnder(provider, [...path, key]))
    return Effect.map(below, (names) => [...(node?.value === undefined ? [] : [path.join("_")]), ...names.flat()])
  })

/** Finds the variables that begin like ours but are not known; none in a source that cannot be listed. */
export const misspellings = (
  prefixes: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Misspelling>> =>
  ConfigProvider.ConfigProvider.pipe(
    Effect.flatMap((provider) => Effect.forEach(prefixes, (prefix) => namesUnder(provider, [prefix]))),
    Effect.map((names) => names.flat().filter((name) => !known.includes(name))),
    Effect.map((names) => names.map((name) => ({ name: printable(name), nearest: nearest(name, known) }))),
    Effect.orElseSucceed(() => [])
  )
