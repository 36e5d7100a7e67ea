import { ConfigProvider, Effect } from "effect"
import { printable } from "./Printable.ts"
import { nearest } from "./Spelling.ts"

/** A variable that looks like ours and is none, and the known name it resembles. */
export interface Misspelling {
  readonly name: string
  readonly nearest: string | undefined
}

/** Lists the variables under a path; those of a source that cannot be listed are left out. */
const namesUnder = (
  provider: ConfigProvider.ConfigProvider,
  path: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, ConfigProvider.SourceError> =>
  Effect.flatMap(provider.load(path), (node) => {
    const own = node?.value === undefined ? [] : [path.join("_")]
    if (node?._tag !== "Record") return Effect.succeed(own)
    const below = Effect.forEach(node.keys, (key) => namesUnder(provider, [...path, key]))
    return Effect.map(below, (names) => [...own, ...names.flat()])
  })

/** Finds the variables that begin like ours but are not known. */
export const misspellings = (
  prefixes: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Misspelling>> =>
  Effect.gen(function* () {
    const provider = yield* ConfigProvider.ConfigProvider
    const names = yield* Effect.forEach(prefixes, (prefix) => namesUnder(provider, [prefix]))
    return names
      .flat()
      .filter((name) => !known.includes(name))
      .map((name) => ({ name: printable(name), nearest: nearest(name, known) }))
  }).pipe(Effect.orElseSucceed(() => []))
