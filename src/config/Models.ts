import { Record as Records } from "effect"

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")

/** A name, or a pattern in which each `*` stands for any text. */
class Pattern {
  readonly #parts: RegExp | undefined
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.#parts = text.includes("*") ? new RegExp(`^${text.split("*").map(escaped).join("(.*)")}$`, "su") : undefined
  }

  get isPattern(): boolean {
    return this.#parts !== undefined
  }

  /** What the stars stand for in a name; `undefined` if the name is another. */
  match(name: string): ReadonlyArray<string> | undefined {
    if (this.#parts === undefined) return name === this.#text ? [] : undefined
    return this.#parts.exec(name)?.slice(1)
  }
}

/** Whether a text is a pattern, and no name. */
export const isPattern = (text: string): boolean => new Pattern(text).isPattern

/** Whether a name or pattern fits every name that another one fits. */
export const covers = (one: string, other: string): boolean => new Pattern(one).match(other) !== undefined

/** Finds the value of the first name, or else of the first pattern, that fits a name. */
const firstOf = <A>(entries: ReadonlyArray<readonly [Pattern, A]>, name: string) => {
  for (const isPattern of [false, true]) {
    for (const [pattern, value] of entries) {
      const parts = pattern.isPattern === isPattern ? pattern.match(name) : undefined
      if (parts !== undefined) return { parts, value }
    }
  }
  return undefined
}

const patternsOf = <A>(record: Readonly<Record<string, A>>): ReadonlyArray<readonly [Pattern, A]> =>
  Records.toEntries(record).map(([text, value]) => [new Pattern(text), value])

/** The models that an endpoint serves, and by what names it knows them. */
export class Models {
  /** The models as they were given: names and patterns, and the names of aliases. */
  readonly names: ReadonlyArray<string>
  readonly #aliases: ReadonlyArray<readonly [Pattern, string]>
  readonly #models: ReadonlyArray<Pattern>

  constructor(models: ReadonlyArray<string> | undefined, aliases: Readonly<Record<string, string>> = {}) {
    const given = models ?? (Records.isEmptyRecord(aliases) ? ["*"] : [])
    this.names = [...Object.keys(aliases), ...given]
    this.#aliases = patternsOf(aliases)
    this.#models = given.map((text) => new Pattern(text))
  }

  /**
   * The name by which the endpoint knows a model; `undefined` if it does not serve it.
   *
   * Each `*` in the name of an alias stands for what the `*` at its place in the pattern stands for.
   */
  nameOf(asked: string): string | undefined {
    const alias = firstOf(this.#aliases, asked)
    if (alias !== undefined) {
      let star = 0
      return alias.value.replaceAll("*", () => alias.parts[star++] ?? "")
    }
    return this.#models.some((pattern) => pattern.match(asked) !== undefined) ? asked : undefined
  }
}

/** The models that may answer in place of another. */
export class FallbackModels {
  readonly #entries: ReadonlyArray<readonly [Pattern, ReadonlyArray<string>]>

  constructor(models: Readonly<Record<string, ReadonlyArray<string>>>) {
    this.#entries = patternsOf(models)
  }

  /** The models to ask after one, in their order. Those of a fallback itself do not count. */
  of(model: string): ReadonlyArray<string> {
    return firstOf(this.#entries, model)?.value ?? []
  }
}
