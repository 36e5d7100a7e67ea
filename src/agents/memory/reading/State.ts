import type { Reading } from "../Reading.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import { headline } from "./Headline.ts"
import type { Chunk, Token } from "./Token.ts"

/** What may stand between a subject and its copula: a pronoun, an adverb, or something in commas. */
const between =
  /^["”]*(?:[?,.;:]? ?(?:it|they|this|that|which))?(?:, [^,]{3,40},)?[\s"“]*(?:now |still |is |has been |i hear, |they say, )*[\s:-]*$/i

/** What is said of the words right before a copula or a colon, or before a word of state. */
export const of = (
  list: ReadonlyArray<Token>,
  text: string,
  chunked: () => ReadonlyArray<Chunk>,
  vocabulary: Vocabulary
): Reading["state"] => {
  let all: ReadonlyArray<Chunk> | undefined
  // Most statements have no verb or word of state to ask for them.
  const chunks = () => (all ??= chunked())
  const about = (token: Token) =>
    chunks().findLast(({ end }) => end <= token.start && between.test(text.slice(end, token.start)))
  const told = (subject: Chunk | undefined, from: number): Reading["state"] => {
    if (subject === undefined) return undefined
    const tells = new Set<string>()
    let sure = false
    for (let j = from; j < list.length && tells.size < 4; j++) {
      const { kind, part, word } = list[j]!
      if (tells.size > 0 && /[,.;]/.test(text.slice(list[j - 1]!.end, list[j]!.start))) break
      if (part || (kind === "word" && !word.function && !word.time && !(word.change && !word.state))) {
        if (tells.size === 0 && word.state) sure = true
        tells.add(word.stem)
      }
    }
    return tells.size === 0 ? undefined : { about: subject, tells, sure }
  }
  for (let i = 1; i < list.length; i++) {
    const found = list[i]!.word.copula ? told(about(list[i]!), i + 1) : undefined
    if (found !== undefined) return found
  }
  const colon = text.includes(":")
    ? list.findIndex((token, i) => i > 0 && /^: *$/.test(text.slice(list[i - 1]!.end, token.start)))
    : -1
  if (colon > 0) {
    const end = list[colon - 1]!.end
    const subject = chunks().find((chunk) => chunk.end === end && !chunk.name)
    const head = text.slice(0, subject?.start ?? 0)
    // A label before a colon is no subject; a name known from elsewhere is, and what a program names after its own.
    const known = subject !== undefined && (vocabulary.known(subject.key) || /^\S*[._\]]\S* (?:the )?$/.test(head))
    const next = `${list[colon]!.word.stem} ${list[colon + 1]?.word.stem ?? ""}`
    const found =
      known && /^(?:\S*[._\]]\S* )?(?:the )?$/i.test(head) && !vocabulary.known(next) ? told(subject, colon) : undefined
    if (found !== undefined) return found
  }
  for (let i = 1; i < list.length; i++) {
    const found = list[i]!.word.state ? told(about(list[i]!), i) : undefined
    if (found !== undefined) return found
  }
  return headline(list, text, vocabulary)
}
