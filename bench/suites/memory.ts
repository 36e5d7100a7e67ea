import { Recollection } from "../../src/agents/memory/Recollection.ts"
import { Tokenizer } from "../../src/tokenizer/Tokenizer.ts"
import { clinic } from "../memory/Clinic.ts"
import type { Stream } from "../memory/Stream.ts"
import { make } from "../memory/Streams.ts"
import type { Contender, Suite } from "../Sample.ts"

const { count } = Tokenizer.estimate

const recollect = ({ memories }: Stream): Recollection => {
  const recollection = new Recollection({ count })
  for (const [at, { importance, text }] of memories.entries())
    recollection.remember({ at: at * 60_000, importance, text })
  return recollection
}

/** Reads another world of 1,000 memories each time; a time is one memory. */
const indexing = (name: string, warm: number): Contender => ({
  name,
  times: 1_000,
  warm,
  make: () => {
    const worlds = Array.from({ length: warm + 1 }, (_, seed) => make(clinic, seed, 1_000))
    return async () => void recollect(worlds.pop()!)
  }
})

const adding: Contender = {
  name: "adding one to 1,000",
  times: 200,
  warm: 3,
  make: () => {
    const recollection = recollect(make(clinic, 1, 1_000))
    const more = [2, 3, 4, 5].map((seed) => make(clinic, seed, 200).memories)
    return async () => {
      for (const [at, { importance, text }] of more.pop()!.entries())
        recollection.remember({ at: (1_000 + at) * 60_000, importance, text })
    }
  }
}

/** Asks for all situations of a world, in turn, with room for 600 tokens. */
const asking = (size: number, warm: number): Contender => ({
  name: `a context at ${size.toLocaleString("en")}${warm === 0 ? ", the first of the process" : ""}`,
  times: warm === 0 ? 1 : 200,
  warm,
  make: () => {
    const world = make(clinic, 1, size)
    const recollection = recollect(world)
    return async (times) => {
      for (let i = 0; i < times; i++) recollection.context(world.situations[i % world.situations.length]!.text, 600)
    }
  }
})

export const suite: Suite = {
  title: "The memory of an agent",
  note: "An entry is split into parts, indexed, and compared with the parts that share its rarest words. A time is one entry, or one context of at most 600 tokens. The first world is read by a process that has read nothing yet, the tenth by one that is warm.",
  times: 1_000,
  contenders: [
    indexing("reading 1,000, the tenth world", 9),
    indexing("reading 1,000, the first world", 0),
    adding,
    asking(50, 3),
    asking(1_000, 3),
    asking(1_000, 0)
  ]
}
