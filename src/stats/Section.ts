import type { Target } from "./Health.ts"
import { Snapshot } from "./Snapshot.ts"
import * as EndpointStats from "./EndpointStats.ts"
import * as Jobs from "./Jobs.ts"

/** How Prometheus reads a field of a section. */
export interface Metric {
  /** A counter only grows; its name ends in `_total`. */
  readonly type: "counter" | "gauge"
  /** What the field means, in a sentence. */
  readonly help: string
}

/** What a section counts. Moments are milliseconds on the gate's clock. */
export interface Counts<Values extends object = object> {
  /** Reads the values, which stand in the snapshot under the section's name. */
  readonly snapshot: (at: number) => Values
  /** The fields that Prometheus reads, as `headgate_<section>_<field>`. Default: none. */
  readonly metrics?: { readonly [Field in keyof Values]?: Metric }
  /** Judges the section's health targets: a missed one makes the health `degraded`. Default: none. */
  readonly targets?: (at: number) => ReadonlyArray<Target>
}

/** Reads the current moment, before something is counted; then readers of changes are told. */
export type Moment = () => number

/** A section: its name in the snapshot, and how its counts are made, once for each `Stats`. */
export interface Section<A extends Counts> {
  readonly name: string
  readonly make: (moment: Moment) => A
}

/** A value for Prometheus, with its name without the prefix `headgate_`. */
export interface SectionMetric extends Metric {
  readonly name: string
  readonly value: number
}

const own = new Set<string>([Jobs.name, EndpointStats.name])
const reserved = new Set(Object.keys(Snapshot.fields).filter((name) => !own.has(name)))

const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9]+/g, "_")

/** The sections of the stats, by name. */
export class Sections<A extends Counts> {
  private readonly made = new Map<string, { readonly section: Section<A>; readonly counts: A }>()
  private readonly report: (name: string, error: unknown) => void

  /** `report` gets the error of a section that fails while health is judged. */
  constructor(report: (name: string, error: unknown) => void) {
    this.report = report
  }

  /** The counts of a section, made at its first use. */
  get<B extends A>(section: Section<B>, moment: Moment): B {
    const { name } = section
    const known = this.made.get(name)
    if (known?.section === section) return known.counts as B
    if (known !== undefined || reserved.has(name)) throw new Error(`The stats have another section named "${name}".`)
    const counts = section.make(moment)
    this.made.set(name, { section, counts })
    return counts
  }

  get all(): ReadonlyArray<A> {
    return Array.from(this.made.values(), ({ counts }) => counts)
  }

  snapshot(at: number): Pick<Snapshot, "jobs"> {
    const values = Array.from(this.made, ([name, { counts }]) => [name, counts.snapshot(at)] as const)
    return { jobs: Jobs.none, ...Object.fromEntries(values) }
  }

  targets(at: number): ReadonlyArray<Target> {
    const own = Array.from(this.made, ([name, { counts }]) => this.targetsOf(name, counts, at)).flat()
    return this.made.has(Jobs.name) ? own : [Jobs.target(1), ...own]
  }

  metrics(at: number): ReadonlyArray<SectionMetric> {
    const own = Array.from(this.made, ([name, { counts }]) => metricsOf(name, counts.metrics, counts.snapshot(at)))
    return this.made.has(Jobs.name) ? own.flat() : [...metricsOf(Jobs.name, Jobs.metrics, Jobs.none), ...own.flat()]
  }

  // Health is judged within the steps of the gate, which a mistake of a section must not break.
  private targetsOf(name: string, counts: A, at: number): ReadonlyArray<Target> {
    try {
      return counts.targets?.(at) ?? []
    } catch (error) {
      this.report(name, error)
      return []
    }
  }
}

const metricsOf = (section: string, metrics: object = {}, values: object): ReadonlyArray<SectionMetric> =>
  Object.entries<Metric | undefined>({ ...metrics }).flatMap(([field, metric]) => {
    const value: unknown = values[field as never]
    return metric === undefined || typeof value !== "number"
      ? []
      : [{ ...metric, name: `${snakeCase(section)}_${snakeCase(field)}`, value }]
  })
