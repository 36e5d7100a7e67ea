import type { Situation } from "../Plan.ts"
import type { Hand, Persona } from "../Style.ts"
import * as Words from "./Words.ts"

const keysOf = (shape: string): string => [...shape.matchAll(/"\w+"/g)].join(", ")

/** Asks for a plan as population simulations do: persona, worked examples, all memories, and instructions that repeat themselves. */
export const plan = (situation: Situation, shape: string): string => {
  const { actions, agent: name, goal, known, limits, now, role } = situation
  return `You are going to play the role of ${name} and you must stay in that role at all times. Below you find a description of ${name}, several worked examples that show how plans have to look, everything that ${name} remembers, the current situation and the detailed instructions. Please read everything carefully before you answer.
===
${Words.persona({ name, role }, now)}
===
Worked examples:
---
${Words.examples}
===
${Words.memories(name, known)}
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
export const act = (persona: Persona, { job, known }: Hand, steps: ReadonlyArray<string>, now: string): string =>
  `You are going to play the role of ${persona.name}. Below you find a description of ${persona.name}, everything that ${persona.name} remembers, the plan and the task.
===
${Words.persona(persona, now)}
===
${Words.memories(persona.name, known)}
===
The plan of ${persona.name}:
${steps.map((step, i) => `${i + 1}) ${step}`).join("\n")}
===
The task of ${persona.name} now:
${job.task}
===
Instructions: Think step by step about what ${persona.name} knows and what has to be done, do not contradict anything that ${persona.name} remembers, and then write the result as JSON with the keys ${keysOf(job.kind.shape)}, in the form ${job.kind.shape}. Do not forget any of the keys.`

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
