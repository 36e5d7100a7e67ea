import type { Situation } from "../agents/Plan.ts"
import type { JobContext, Persona } from "../agents/Style.ts"

/** The persona as population simulations describe it. */
const personaText = ({ name, role }: Persona, now: string): string => `Name: ${name}
Occupation: ${role}
Innate tendency: hard-working, careful, curious, sometimes too trusting, likes to keep promises
Background: ${name} has lived in this place for many years and knows most of the people here by name. ${name} learned the trade of ${role} from an elder relative, has good and bad years behind, and would like to be seen as somebody who can be relied upon.
Lifestyle: ${name} gets up around six, has breakfast, works until noon, eats, works again until the evening, meets friends, and goes to bed around ten.
Currently: ${name} is working as ${role} and has several open matters to take care of. It is now ${now}.`

/** Everything that an agent remembers. */
const memoriesText = (name: string, known: string): string =>
  `Everything that ${name} remembers, one entry per line, oldest first:\n${known}`

type Row = readonly [work: string, minutes: number, left: number]

const example = (name: string, work: string, rows: ReadonlyArray<Row>): string =>
  [
    `Name: ${name}`,
    `Here is how ${name} splits the work "${work}" into small pieces, each with its length and what remains afterwards:`,
    ...rows.map(
      ([piece, minutes, left], i) =>
        `${i + 1}) ${name} is ${piece} (length in minutes: ${minutes}, minutes remaining: ${left})`
    ),
    "---"
  ].join("\n")

/** Plans that show how a plan has to look. */
const examples: string = [
  example("Tilda", "preparing an exhibition", [
    ["unpacking the frames", 15, 165],
    ["sorting the pictures by size", 30, 135],
    ["drinking a cup of tea", 10, 125],
    ["hanging the large pictures", 60, 65],
    ["hanging the small pictures", 40, 25],
    ["checking the light in each room", 15, 10],
    ["sweeping the floor", 10, 0]
  ]),
  example("Marcus", "writing the lesson for the next day", [
    ["reading the curriculum", 15, 195],
    ["collecting ideas for exercises", 30, 165],
    ["writing the outline", 60, 105],
    ["making the work sheets", 40, 65],
    ["taking a break", 15, 50],
    ["going through the outline once more", 30, 20],
    ["putting the sheets in the bag", 20, 0]
  ]),
  example("Yuki", "getting ready for an examination", [
    ["reading the notes of the last weeks", 20, 100],
    ["solving old problems", 40, 60],
    ["comparing the solutions with the book", 15, 45],
    ["eating a snack", 5, 40],
    ["summing everything up on one page", 25, 15],
    ["calling a friend to compare", 15, 0]
  ])
].join("\n")

const keysOf = (shape: string): string => [...shape.matchAll(/"\w+"/g)].join(", ")

/** Asks for a plan as population simulations do: persona, worked examples, all memories, and instructions that repeat themselves. */
export const plan = (situation: Situation, shape: string): string => {
  const { actions, agent: name, goal, known, limits, now, role } = situation
  return `You are going to play the role of ${name} and you must stay in that role at all times. Below you find a description of ${name}, several worked examples that show how plans have to look, everything that ${name} remembers, the current situation and the detailed instructions. Please read everything carefully before you answer.
===
${personaText({ name, role }, now)}
===
Worked examples:
---
${examples}
===
${memoriesText(name, known)}
===
The schedule of today so far:
06:00 - 06:30 ${name} got up and washed
06:30 - 07:00 ${name} had breakfast
07:00 - 08:00 ${name} looked through the open matters
===
The situation that has to be planned now:
${goal}
===
The following limits apply to ${name}:
${limits.map((limit) => `* ${limit}`).join("\n")}
The following kinds of action exist. Do not use any other kind of action:
${actions.map((action) => `* ${action}: ${name} may decide to ${action} at any time if it is useful for the goal described above`).join("\n")}
===
Instructions: Think step by step about what ${name} knows, what ${name} wants and what the other people want. First describe in a few sentences how ${name} feels about the situation. Then reflect on whether the plan of the day has to be changed, and why. Then write down the plan in the same way as in the worked examples above, in small pieces, with the length of each piece and the minutes remaining. Make sure that the plan is believable, that it fits the character of ${name}, and that it does not contradict anything that ${name} remembers. After the plan, write the result as JSON with the keys ${keysOf(shape)}. Do not forget any of the keys. Remember that you are ${name} and that the plan must be realistic, complete and consistent.`
}

/** Asks for the result of a job in the same manner. */
export const act = (persona: Persona, { job, known }: JobContext, steps: ReadonlyArray<string>, now: string): string =>
  `You are going to play the role of ${persona.name}. Below you find a description of ${persona.name}, everything that ${persona.name} remembers, the plan and the task.
===
${personaText(persona, now)}
===
${memoriesText(persona.name, known)}
===
The plan of ${persona.name}:
${steps.map((step, i) => `${i + 1}) ${step}`).join("\n")}
===
The task of ${persona.name} now:
${job.task}
===
Instructions: Think step by step about what ${persona.name} knows and what has to be done, do not contradict anything that ${persona.name} remembers, and then write the result as JSON with the keys ${keysOf(job.shape)}, in the form ${job.shape}. Do not forget any of the keys.`

/** Asks how much a memory matters. */
export const rating = ({ name }: Persona, memory: string): string =>
  `Here is a brief description of ${name}.
On the scale of 1 to 10, where 1 is purely mundane (brushing teeth, making the bed) and 10 is extremely poignant (a break-up, being accepted at a college), rate the likely poignancy of the following piece of memory for ${name}. Reply with the number alone.
Memory: ${memory}
Rating:`

/** Asks what is worth thinking about. */
export const questions = (memories: ReadonlyArray<string>): string =>
  `${memories.join("\n")}
Given only the information above, what are the 3 most salient high-level questions that can be answered about the subjects in the statements?`

/** Asks what follows for one question. */
export const insights = ({ name }: Persona, question: string, memories: ReadonlyArray<string>): string =>
  `Statements about ${name}:
${memories.map((memory, i) => `${i + 1}. ${memory}`).join("\n")}
Question: ${question}
What 5 high-level insights can you infer from the above statements? (example format: insight (because of 1, 5, 3))`
