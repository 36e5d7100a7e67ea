import { wordsOf } from "../Text.ts"
import * as Text from "../Text.ts"

const isPlan = /^plan\b|\bwrite down the plan\b/im

const actionsOf = (text: string): ReadonlyArray<string> => {
  const listed = text.match(/^actions?\b[^:\n]*:\s*(.+)$/im)?.[1]
  if (listed !== undefined) return listed.split(",").map((action) => action.trim().replace(/\.$/, ""))
  return [...text.matchAll(/^\* ([\w -]+?): /gm)].map(([, action = ""]) => action)
}

const goalOf = (text: string): string =>
  (text.match(/^goal\b[^:\n]*:\s*(.+)$/im) ?? text.match(/\bplanned now:\n(.+)$/im))?.[1] ?? ""

/** Plans for a goal: a value for each key that is asked for, by what its name says. */
export const plan = (text: string, keys: ReadonlyArray<string>): Readonly<Record<string, unknown>> | undefined => {
  const goal = goalOf(text)
  if (!isPlan.test(text) || goal === "") return undefined
  const words = new Set(goal.toLowerCase().match(/\p{L}+/gu))
  const actions = actionsOf(text)
  const meant = actions.filter((action) => words.has(action.toLowerCase()))
  const aim = goal.replace(/\.$/, "").toLowerCase()
  const about = Text.wordsOf(goal).at(-1) ?? "it"
  const valueOf = (key: string): unknown => {
    if (/^steps?$/.test(key)) return ["read the task", ...meant.map((action) => `${action} for each item`), aim]
    if (/^(use|tools?|actions?)$/.test(key)) return meant
    if (/^(hours|minutes|days|count|number)$/.test(key)) return 1
    return key === "decision" ? (meant[0] ?? actions[0] ?? aim) : about
  }
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)]))
}

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
