import type { Reading } from "./Reading.ts"
import type { Skill } from "./Skill.ts"

type Span = readonly [from: number, to: number]

const span = /(\d\d):(\d\d)\s*(?:-|and|to)\s*(\d\d):(\d\d)/g

const spansOf = (text: string): ReadonlyArray<Span> =>
  [...text.matchAll(span)].map(([, ...digits]) => {
    const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = digits.map(Number)
    return [60 * h1 + m1, 60 * h2 + m2]
  })

const two = (value: number): string => String(value).padStart(2, "0")

const busyOf = ({ items, remarks }: Reading): ReadonlyArray<Span> => [
  ...items.flatMap(({ text }) => spansOf(text)),
  ...remarks.filter((sentence) => /\bno\b/i.test(sentence)).flatMap(spansOf)
]

/** Finds the earliest moment at which so many minutes are free. */
export const appointment: Skill = (reading) => {
  const [, minutes] = reading.instruction.match(/\bearliest\b.*?(\d+) minutes\b/i) ?? []
  const [day] = spansOf(reading.instruction)
  if (minutes === undefined || day === undefined) return undefined
  const busy = [...busyOf(reading)].sort(([a], [b]) => a - b)
  const start = busy.reduce((at, [from, to]) => (at + Number(minutes) <= from ? at : Math.max(at, to)), day[0])
  return start + Number(minutes) > day[1] ? "none" : `${two(Math.floor(start / 60))}:${two(start % 60)}`
}
