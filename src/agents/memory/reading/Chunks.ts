import { type Chunk, content, type Token } from "./Token.ts"

/** Joins words that stand together and name something; words that only cue what is told make no name alone. */
export const of = (list: ReadonlyArray<Token>, text: string, units: ReadonlySet<Token>): ReadonlyArray<Chunk> => {
  const out: Array<Chunk> = []
  let run: Array<Token> = []
  // After "the" even a common word belongs to the name of a thing.
  let led = false
  const close = () => {
    if (run.length === 0) return
    const name = run.some(({ name }) => name)
    const core = run.filter(({ name, part, word }) => name || part || word.told === 0)
    if (core.length > 0 && (name || core.some((token) => content(token) || led))) {
      const stems = core.map(({ word }) => word.stem)
      out.push({ key: stems.join(" "), stems: new Set(stems), start: run[0]!.start, end: run.at(-1)!.end, name })
    }
    run = []
  }
  for (const token of list) {
    const { name, part, word } = token
    const last = run.at(-1)
    if (
      last !== undefined &&
      (text.slice(last.end, token.start) !== " " || last.name !== name) &&
      !(last.name && token.part)
    ) {
      close()
      led = false
    }
    const inner = led && token.kind === "word" && !word.function && !word.change && !word.repeat
    if (units.has(token) || (!name && !content(token) && !inner) || (word.state && run.length > 0 && !name && !part)) {
      close()
      led = token.kind === "word" && word.determiner
    } else run.push(token)
  }
  close()
  return out
}
