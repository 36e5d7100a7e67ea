import { gap } from "./Placeholder.ts"
import type { Place } from "./Quote.ts"

const hidden = "\uE001"
const sealed = /\uE001(\d+);/g

/** Writes down again what it reads, in the marks of JSON. */
export class Scribe {
  readonly #parts: Array<string> = []
  readonly #open: Array<"}" | "]"> = []
  readonly #texts: Array<string> = []
  #last = ""
  #before = ""
  free = false
  mayGoOn = false
  elided = false

  get depth(): number {
    return this.#open.length
  }

  get place(): Place {
    if (this.#open.at(-1) === "]") return "item"
    return this.#last === ":" ? "value" : "key"
  }

  /** Whether the last part is a text, which another may be joined to. */
  get joins(): boolean {
    return this.#last.startsWith('"')
  }

  /** The brackets that close all that stands open. */
  get closers(): string {
    return this.#open.toReversed().join("")
  }

  /** Writes a text, which no repair of what stands around it may touch. */
  text(text: string): void {
    this.write(`"${hidden}${this.#texts.length};"`)
    this.#texts.push(text)
  }

  write(part: string): void {
    this.#parts.push(part)
    if (part.trim() === "") return
    this.#before = this.#last
    this.#last = part
  }

  open(bracket: string): void {
    this.write(bracket)
    this.#open.push(bracket === "{" ? "}" : "]")
  }

  /** Closes what stands open inside as well; a bracket that nothing opened is left out. */
  close(bracket: string): void {
    const at = this.#open.lastIndexOf(bracket as "}" | "]")
    if (at === -1) return
    while (this.#open.length > at) this.write(this.#open.pop()!)
  }

  comma(): void {
    if (this.#last !== "," && this.#last !== "{" && this.#last !== "[") this.write(",")
  }

  /** A colon before a key makes a symbol of it, as in `{ :item => "rope" }`, and is left out. */
  colon(): void {
    if (this.place !== "key" || !/^[{,]$/.test(this.#last)) this.write(":")
  }

  /** Marks in all that stands open that it has no end. */
  cut(): void {
    if (this.#last === ":") this.write(`"${gap}"`)
    else if (this.place === "key" && this.#last.startsWith('"') && /^[{,]$/.test(this.#before)) this.write(`:"${gap}"`)
    while (this.#open.length > 0) {
      this.comma()
      this.write(this.#open.at(-1) === "]" ? `"${gap}"` : `"${gap}":0`)
      this.write(this.#open.pop()!)
    }
  }

  end(): string {
    while (this.#open.length > 0) this.write(this.#open.pop()!)
    return this.#parts.join("")
  }

  /** Puts the texts back into their places. */
  reveal(json: string): string {
    return json.replaceAll(sealed, (_, at: string) => JSON.stringify(this.#texts[Number(at)]).slice(1, -1))
  }

  /** Whether something is awaited: the reply cannot end here. */
  get awaits(): boolean {
    return /^[:,{[]$/.test(this.#last) || (this.place === "key" && /^[{,]$/.test(this.#before))
  }
}
