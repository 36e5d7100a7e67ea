import type { Draw } from "./Stream.ts"

/** What fills a sentence: the parts of a fact, its value and the value before. */
export type Parts = Readonly<Record<string, string>>

/** One kind of fact of a world: how it is drawn, told, changed, repeated and asked for. `{x}` stands for a part. */
export interface Family {
  readonly name: string
  readonly why: "asked" | "rule"
  readonly importance: number
  readonly span: number
  /** How often it is drawn, against the others. */
  readonly weight: number
  /** The parts that stay; what is drawn twice is one fact. */
  readonly subject: (draw: Draw, world: World) => Parts
  /** Another value than the one before. */
  readonly value: (draw: Draw, world: World) => string
  /** The needles of a version; `{v}` is its value. */
  readonly need: ReadonlyArray<string | ReadonlyArray<string>>
  readonly first: ReadonlyArray<string>
  readonly change: ReadonlyArray<string>
  readonly echo: ReadonlyArray<string>
  readonly goal: ReadonlyArray<string>
}

/** A world to draw streams from. */
export interface World {
  readonly name: string
  readonly start: string
  readonly people: ReadonlyArray<string>
  readonly goods: ReadonlyArray<string>
  readonly aliases: Readonly<Record<string, string>>
  readonly places: ReadonlyArray<string>
  readonly things: ReadonlyArray<string>
  readonly families: ReadonlyArray<Family>
  /** A count of all goods in one text. */
  readonly tables: ReadonlyArray<(rows: ReadonlyArray<readonly [good: string, count: number]>, draw: Draw) => string>
  readonly tableGoals: ReadonlyArray<string>
  /** Talk that says nothing a plan needs; `{p}` person, `{q}` another, `{g}` good, `{l}` place, `{t}` thing, `{n}` number. */
  readonly chatter: ReadonlyArray<readonly [kind: string, text: string]>
  readonly dumps: ReadonlyArray<(draw: Draw, world: World) => string>
  /** The plan's frame; `{a}` agent, `{goals}`. */
  readonly frames: ReadonlyArray<string>
}

/** The first word of a person's name. */
export const short = (person: string): string => person.split(" ")[0]!

/** Fills a pattern. */
export const fill = (pattern: string, parts: Parts): string =>
  pattern.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole)
