import type { Reading, Spot } from "../Reading.ts"
import type { Vocabulary } from "../Vocabulary.ts"

const weights = { content: 1, name: 1, cue: 0.5, common: 0.25, time: 0 } as const

interface Run {
  readonly from: number
  readonly to: number
  readonly at: number
}

/** The longest runs of words that two statements share. */
const sharedRuns = (a: ReadonlyArray<Spot>, b: ReadonlyArray<Spot>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (let i = 0; i < a.length;) {
    const { stem } = a[i]!
    let longest = 0
    let at = -1
    for (let j = 0; j < b.length; j++) {
      if (b[j]!.stem !== stem) continue
      let n = 1
      while (
        i + n < a.length &&
        j + n < b.length &&
        a[i + n]!.stem === b[j + n]!.stem &&
        a[i + n]!.glued &&
        b[j + n]!.glued
      )
        n++
      if (n > longest) {
        longest = n
        at = j
      }
    }
    if (longest > 0) runs.push({ from: i, to: i + longest, at })
    i += Math.max(1, longest)
  }
  return runs
}

/** Whether a word is the part of a compound that two statements share: iron nails, iron bars. */
const compound = (
  spots: ReadonlyArray<Spot>,
  from: number,
  to: number,
  shared: ReadonlyArray<boolean>,
  vocabulary: Vocabulary
): boolean => {
  const joins = (i: number, j: number) => {
    const first = spots[i]
    const second = spots[j]
    if (first === undefined || second === undefined || !second.glued) return false
    const other = i < from ? first : second
    if (shared[i < from ? i : j] === true || other.kind === "name") return false
    return other.kind === "content" || other.kind === "time" || vocabulary.known(`${first.stem} ${second.stem}`)
  }
  return joins(from - 1, from) || joins(to - 1, to)
}

/** Whether two statements are of one wording, but for what differs. */
export const alike = (a: Reading, b: Reading): boolean => {
  const half = 0.5 * Math.max(a.words.size, b.words.size)
  let shared = 0
  for (const word of a.words) if (b.words.has(word) && ++shared > half) return true
  return false
}

/** How well two statements agree in the words that tell what they are about; below 0.6 they do not. */
export const agreement = (
  a: ReadonlyArray<Spot>,
  b: ReadonlyArray<Spot>,
  alike: boolean,
  vocabulary: Vocabulary
): number => {
  const runs = sharedRuns(a, b)
  if (runs.length === 0) return 0
  const inA = a.map(() => false)
  const inB = b.map(() => false)
  for (const { at, from, to } of runs) {
    for (let i = from; i < to; i++) inA[i] = inB[at + i - from] = true
  }
  const left = unshared(a, inA, vocabulary)
  const right = unshared(b, inB, vocabulary)
  // What stands in the same surroundings in both is the difference between two subjects.
  for (const x of left.runs) for (const y of right.runs) if (framed(x, y, alike)) return 0
  const differ = left.runs.length > 0 && right.runs.length > 0
  let score = 0
  for (const { at, from, to } of runs) {
    const words = a.slice(from, to)
    if (words.every(({ kind }) => kind === "time")) continue
    const end = at + to - from
    let weight = words.reduce(
      (sum, { kind }) => sum + (words.length > 1 ? Math.max(weights[kind], 0.6) : weights[kind]),
      0
    )
    if (differ && vocabulary.worded(words.map(({ stem }) => stem).join(" "))) weight *= 0.3
    // Words in the same surroundings belong to the wording, unless nothing else differs.
    if (differ && alike && a[from]!.left === b[at]!.left && a[to - 1]!.right === b[end - 1]!.right) weight *= 0.3
    else if (words.length === 1 && compound(a, from, to, inA, vocabulary) && compound(b, at, end, inB, vocabulary))
      weight *= 0.3
    score += weight
  }
  return score < 0.5 ? 0 : score - Math.min(left.weight, right.weight) - 0.3 * Math.max(left.weight, right.weight)
}

/** Whether two runs stand in the same surroundings; marks alone say little, unless the wording is the same. */
export const framed = (a: Frame, b: Frame, alike: boolean): boolean =>
  a.left === b.left && a.right === b.right && (alike || /\p{L}/u.test(a.left) || /\p{L}/u.test(a.right))

interface Frame {
  readonly left: string
  readonly right: string
}

/** The words of one statement that the other has not, as runs between their neighbours. */
export const unshared = (spots: ReadonlyArray<Spot>, shared: ReadonlyArray<boolean>, vocabulary: Vocabulary) => {
  const runs: Array<{ readonly left: string; readonly right: string }> = []
  let weight = 0
  for (let i = 0; i < spots.length;) {
    if (shared[i] === true) {
      i++
      continue
    }
    let end = i + 1
    while (end < spots.length && shared[end] !== true && spots[end]!.near) end++
    let heaviest = 0
    for (let n = i; n < end; n++) {
      const { kind, stem } = spots[n]!
      if (
        kind === "name" ||
        (kind === "content" && vocabulary.known(stem)) ||
        (n + 1 < end && vocabulary.known(`${stem} ${spots[n + 1]!.stem}`))
      ) {
        heaviest = 0.8
        break
      }
      if (kind === "content") heaviest = Math.max(heaviest, 0.2)
    }
    if (heaviest > 0) {
      weight += heaviest
      runs.push({ left: spots[i]!.left, right: spots[end - 1]!.right })
    }
    i = end
  }
  return { runs, weight }
}
