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
