/** A JSON text with the line on which each value stands, or where it is no JSON. */
export interface JsonSource {
  readonly value: unknown
  /** What is wrong with the text, and on which line; `undefined` if it is JSON. */
  readonly fault: { readonly line: number; readonly message: string } | undefined
  /** Names that an object has twice, with their paths: a reader would see one of the values only. */
  readonly repeated: ReadonlyArray<string>
  /** The line of the value at a path such as `endpoints[0].name`, or else of what is around it. */
  readonly lineOf: (path: string) => number
}

class Fault {
  readonly message: string
  readonly at: number

  constructor(message: string, at: number) {
    this.message = message
    this.at = at
  }
}

const deepest = 100

/** A parser of JSON (RFC 8259) that knows where it is. */
class Parser {
  readonly places = new Map<string, number>()
  readonly repeated: Array<string> = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  all(): unknown {
    const value = this.#value("", 0)
    this.#skip()
    if (this.#at < this.#text.length) throw new Fault("there is more after the end of the value", this.#at)
    return value
  }

  #skip(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++
  }

  #next(expected: string): string {
    this.#skip()
    if (this.#at >= this.#text.length) throw new Fault(`the file ends where ${expected} should stand`, this.#at)
    return this.#text[this.#at]!
  }

  #value(path: string, depth: number): unknown {
    const first = this.#next("a value")
    if (depth > deepest) throw new Fault("values are nested too deep", this.#at)
    if (!this.places.has(path)) this.places.set(path, this.#at)
    if (first === "{") return this.#object(path, depth)
    if (first === "[") return this.#list(path, depth)
    return first === '"' ? this.#string() : this.#word()
  }

  #object(path: string, depth: number): unknown {
    const entries = new Map<string, unknown>()
    this.#at++
    if (this.#ends("}", true)) return {}
    do {
      if (this.#next("a name in quotes") !== '"') throw new Fault("a name in double quotes should stand here", this.#at)
      const start = this.#at
      const name = this.#string()
      const inner = path === "" ? name : `${path}.${name}`
      if (entries.has(name)) this.repeated.push(inner)
      this.places.set(inner, start)
      if (this.#next("`:`") !== ":") throw new Fault("`:` should stand here", this.#at)
      this.#at++
      entries.set(name, this.#value(inner, depth + 1))
    } while (!this.#ends("}"))
    return Object.fromEntries(entries)
  }

  #list(path: string, depth: number): unknown {
    const items: Array<unknown> = []
    this.#at++
    if (this.#ends("]", true)) return items
    do items.push(this.#value(`${path}[${items.length}]`, depth + 1))
    while (!this.#ends("]"))
    return items
  }

  /** Takes the end of an object or list, or the comma before its next member. */
  #ends(mark: "}" | "]", isEmpty = false): boolean {
    const next = this.#next(`\`${mark}\``)
    if (next !== mark && isEmpty) return false
    if (next !== mark && next !== ",") throw new Fault(`\`,\` or \`${mark}\` should stand here`, this.#at)
    this.#at++
    return next === mark
  }

  #string(): string {
    const match = /"(?:[^"\\]|\\.)*"/suy
    match.lastIndex = this.#at
    const text = match.exec(this.#text)?.[0]
    if (text === undefined) throw new Fault("a text in double quotes does not end", this.#at)
    return String(this.#parse(text))
  }

  #word(): unknown {
    const match = /[^\s,:{}[\]"]+/suy
    match.lastIndex = this.#at
    const text = match.exec(this.#text)?.[0]
    if (text === undefined) throw new Fault(`\`${this.#text[this.#at]}\` should not stand here`, this.#at)
    return this.#parse(text)
  }

  #parse(text: string): unknown {
    const start = this.#at
    this.#at += text.length
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw new Fault(`\`${text.slice(0, 40)}\` is no JSON`, start)
    }
  }
}

/** Parses a JSON text, and remembers where its values stand. */
export const parse = (text: string): JsonSource => {
  const parser = new Parser(text)
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length
  const lineOf = (path: string): number => {
    const place = parser.places.get(path)
    if (place !== undefined || path === "") return lineAt(place ?? 0)
    return lineOf(path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("["))))
  }
  try {
    return { value: parser.all(), fault: undefined, repeated: parser.repeated, lineOf }
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    const { at, message } = fault
    return { value: undefined, fault: { line: lineAt(at), message }, repeated: [], lineOf }
  }
}
