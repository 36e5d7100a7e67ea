/** A text as the lines of a document: marks of lists, headings and emphasis tell what belongs where. */
export interface Line {
  readonly indent: number
  /** The mark of a list before it, such as `-` or `1.`. */
  readonly mark: string
  readonly text: string
}

const shape =
  /^([\s>]*)(?:([-*+•–—·▪◦‣●○→➤✓✔]|\(?\d{1,3}[.)]|\(?[a-z]\)|(?:\*\*|__)?step\s+\d{1,3}(?:[:.)](?:\*\*|__)?|(?:\*\*|__)[:.)]))(?:\s+|$))?(?:\[[ x]\]\s+)?(.*)$/i
const longest = 4000

/** Splits a text into lines; the marks of fences are left out, and the blanks at the ends. */
export const lines = (text: string): ReadonlyArray<Line> =>
  text
    .split(/\r?\n/)
    .filter((line) => !/^\s*(?:```|~~~)/.test(line))
    .map((line): Line => {
      const [, indent = "", mark = "", rest = ""] = shape.exec(line.slice(0, longest)) ?? []
      return { indent: indent.length, mark, text: rest.trim() }
    })

/** A text without emphasis and the marks of a heading. */
export const unmarked = (text: string): string =>
  text
    .replace(/^#{1,6}\s+/, "")
    .replaceAll(/\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g, "")
    .trim()
