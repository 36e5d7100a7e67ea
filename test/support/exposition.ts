/** A sample as a scraper reads it. */
export interface Scraped {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: ReadonlyArray<Scraped>
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
const label = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`
const line = new RegExp(String.raw`^(${name})(?:\{(${label}(?:,${label})*)\})? (\S+)$`)
const plain: Readonly<Record<string, string>> = { n: "\n", "\\": "\\", '"': '"' }

const labelsOf = (text = ""): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(new RegExp(label, "g"))].map(([pair]) => {
      const at = pair.indexOf("=")
      return [pair.slice(0, at), pair.slice(at + 2, -1).replace(/\\(.)/g, (_, found: string) => plain[found]!)]
    })
  )

const valueOf = (text: string): number => {
  if (text === "+Inf") return Infinity
  if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) throw new Error(`no value: ${text}`)
  return Number(text)
}

/**
 * Reads Prometheus' text format, version 0.0.4, by the rules of its description: HELP and TYPE once before the samples of
 * a family, all samples of a family together, no sample twice.
 */
export const scrape = (text: string): ReadonlyMap<string, Family> => {
  if (!text.endsWith("\n")) throw new Error("the last line has no end")
  const families = new Map<string, { type: string; help: string; samples: Array<Scraped> }>()
  const seen = new Set<string>()
  let helped = { name: "", help: "" }
  let family = ""
  for (const row of text.slice(0, -1).split("\n")) {
    const comment = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(row)
    if (comment !== null) {
      const [, kind, of, rest] = comment
      if (kind === "HELP") helped = { name: of!, help: rest! }
      else {
        if (families.has(of!) || helped.name !== of) throw new Error(`out of order: ${row}`)
        families.set(of!, { type: rest!, help: helped.help, samples: [] })
        family = of!
      }
      continue
    }
    const found = line.exec(row)
    if (found === null) throw new Error(`no sample: ${row}`)
    const [, sample, labels, value] = found
    const of = families.get(family)!
    const base = of.type === "histogram" ? sample!.replace(/_(bucket|sum|count)$/, "") : sample!
    if (base !== family) throw new Error(`${sample} among ${family}`)
    if (seen.has(`${sample} ${labels}`)) throw new Error(`twice: ${row}`)
    seen.add(`${sample} ${labels}`)
    of.samples.push({ name: sample!, labels: labelsOf(labels), value: valueOf(value!) })
  }
  return families
}
