import { Effect, Option, Stream } from "effect"
import type { ModelError } from "../../ai/ModelError.ts"
import type { Generation } from "./Engine.ts"

// A reader that comes late finds many tokens out: it still takes them in pages, so that little is held for it.
const page = 32

/** Streams what each token brings, as the tokens come out and at the reader's pace; they count from 1. */
export const stream = <A>(
  { produced }: Generation,
  tokens: number,
  brings: (token: number) => ReadonlyArray<A>
): Stream.Stream<A, ModelError> =>
  Stream.paginate(0, (sent) =>
    Effect.map(produced(sent + 1), (out) => {
      const upTo = Math.min(out, tokens, sent + page)
      const parts = Array.from({ length: upTo - sent }, (_, i) => brings(sent + 1 + i)).flat()
      return [parts, upTo < tokens ? Option.some(upTo) : Option.none()] as const
    })
  )
