import { wordsOf } from "../Text.ts"

/** What people have said when they refused a result, other than that it is wrong. */
const told = (text: string): ReadonlyArray<string> => {
  const refusals = [...text.matchAll(/not accepted: (.+)$/gim)].map(([, said = ""]) => said.trim())
  return [...new Set(refusals)].filter((said) => !/^that is not\b/i.test(said))
}

const general = (text: string): string => `Check the ${wordsOf(text)[0] ?? "result"} again before handing it in.`

/** Draws what is asked for from what has happened: lessons, insights, questions or a rating. */
export const reflect = (text: string, random: () => number): string | undefined => {
  if (/\bscale (?:of|from) 1 to 10\b/i.test(text)) {
    const grave = /\bnot accepted\b|\bfailed\b/i.test(text.split(/^memory:/im).at(-1)!)
    return String((grave ? 7 : 2) + Math.floor(random() * 3))
  }
  if (/\bhigh-level questions\b/i.test(text)) {
    return wordsOf(text)
      .slice(-3)
      .map((word, i) => `${i + 1}. What matters most about ${word}?`)
      .join("\n")
  }
  if (/\binsights\b.*\binfer\b/i.test(text)) {
    const insights = told(text).slice(-5)
    return (insights.length > 0 ? insights : [general(text)]).map((insight, i) => `${i + 1}. ${insight}`).join("\n")
  }
  if (/^draw the lessons\b/im.test(text)) return told(text).join("\n") || "none"
  return undefined
}
