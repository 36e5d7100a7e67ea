/** A value with its labels; one that is `null` is left out. */
export interface Sample {
  readonly suffix?: "_bucket" | "_count" | "_sum"
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number | null
}

/** The values of one metric. */
export interface Family {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' }

const escaped = (text: string, characters: RegExp): string => text.replace(characters, (found) => escapes[found]!)

const labelled = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, /[\\\n"]/g)}"`)
  return pairs.length > 0 ? `{${pairs.join(",")}}` : ""
}

const line = (name: string, { labels = {}, suffix, value }: Sample): string =>
  `${name}${suffix ?? ""}${labelled(labels)} ${value}`

/** Writes families in Prometheus' text format, version 0.0.4; one without a value is left out. */
export const text = (families: ReadonlyArray<Family>): string =>
  families
    .flatMap(({ help, name, samples, type }) => {
      const lines = samples.filter(({ value }) => value !== null).map((sample) => line(name, sample))
      return lines.length > 0 ? [`# HELP ${name} ${escaped(help, /[\\\n]/g)}`, `# TYPE ${name} ${type}`, ...lines] : []
    })
    .join("\n")
    .concat("\n")
