/** What a request is after, as far as its words tell. */
export type Kind = "chat" | "plan" | "reflect"

/** Tells what a request is after from what it says, the last message first. */
export const kindOf = (texts: ReadonlyArray<string>): Kind => {
  for (const text of texts.toReversed()) {
    if (/\b(plan|plans|steps?|outline)\b/i.test(text)) return "plan"
    if (/\b(reflect|reflection|summary|summari[sz]e|lessons?)\b/i.test(text)) return "reflect"
  }
  return "chat"
}

type Sentence = (topic: string, other: string) => string

const sentences: { readonly [K in Kind]: ReadonlyArray<Sentence> } = {
  chat: [
    (a) => `The main thing to know about ${a} is what it is for.`,
    (a, b) => `In practice ${a} and ${b} depend on each other, so it helps to look at both.`,
    (a) => `A good way to begin with ${a} is a small example that can be checked by hand.`,
    (a, b) => `Where ${a} is limited, ${b} is usually the first thing to feel it.`,
    (a) => `Most problems with ${a} come from assumptions that nobody wrote down.`,
    (a, b) => `If you have to choose, settle ${a} first and come back to ${b} later.`,
    (a) => `It is worth measuring ${a} before changing anything.`,
    (a, b) => `Compared with ${b}, ${a} is easier to change and harder to see.`
  ],
  plan: [
    (a) => `Collect what is known about ${a}.`,
    (a, b) => `Decide how ${a} and ${b} fit together.`,
    (a) => `Try ${a} on the smallest case that could fail.`,
    (a) => `Write down what ${a} has to do, and what it may leave out.`,
    (a, b) => `Compare the result for ${a} with what was expected of ${b}.`,
    (a) => `Ask somebody else to look at ${a}.`
  ],
  reflect: [
    (a) => `The work on ${a} went as expected.`,
    (a, b) => `It took longer than planned, because ${a} turned out to depend on ${b}.`,
    (a) => `Next time ${a} should be settled before anything else begins.`,
    (a, b) => `What was learned about ${a} applies to ${b} as well.`,
    (a) => `One question about ${a} is still open.`
  ]
}

const common = new Set(
  "about after also because been before between could does every from give have here into just like make more most much need only other over please should some such than that their them then there these they this those very want what when where which while will with would write your".split(
    " "
  )
)

/** The words of a text that carry meaning, each once. */
export const wordsOf = (text: string): ReadonlyArray<string> => {
  const words = text.toLowerCase().match(/\p{L}{4,24}/gu) ?? []
  return [...new Set(words)].filter((word) => !common.has(word))
}

/** Makes up sentences about a text, one after the other. */
export const sentencesOf = (kind: Kind, about: string, random: () => number): (() => string) => {
  const words = wordsOf(about).slice(-12)
  const topics = words.length === 0 ? ["this question"] : words
  const choices = sentences[kind]
  let last = Math.floor(random() * choices.length)
  return () => {
    // Never the sentence just used.
    last = (last + 1 + Math.floor(random() * (choices.length - 1))) % choices.length
    const topic = topics[Math.floor(random() * topics.length)]!
    const others = topics.filter((other) => other !== topic)
    return choices[last]!(topic, others[Math.floor(random() * others.length)] ?? "everything around it")
  }
}

/** Writes whole sentences about a text until they come to so many characters. */
export const write = (kind: Kind, about: string, characters: number, random: () => number): string => {
  const sentence = sentencesOf(kind, about, random)
  const written: Array<string> = []
  for (let length = 0; length < characters; length += written.at(-1)!.length + 1) {
    written.push(kind === "plan" ? `${written.length + 1}. ${sentence()}` : sentence())
  }
  return written.join(kind === "plan" ? "\n" : " ")
}
