import { Option, Schema } from "effect"

/** The limits of a replica by their names, each as a text. */
export type Limits = Readonly<Record<string, string>>

/** A limit of which replicas have different values. */
export interface Difference {
  readonly limit: string
  readonly here: string
  /** Other values, by replica. */
  readonly elsewhere: Readonly<Record<string, string>>
}

/** Writes limits in an order that does not depend on that of the policies. */
export const encode = (limits: Limits): string =>
  JSON.stringify(Object.fromEntries(Object.entries(limits).toSorted(([a], [b]) => (a < b ? -1 : 1))))

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)))

/** The limits that another replica has too, with another value. */
export const of = (
  own: Limits,
  others: ReadonlyArray<readonly [replica: string, limits: string]>
): ReadonlyArray<Difference> => {
  // Another version may tell its limits in another form, which cannot be compared.
  const all = others.map(([replica, text]) => [replica, Option.getOrElse(decode(text), () => ({}) as Limits)] as const)
  return Object.entries(own).flatMap(([limit, here]) => {
    const different = all.flatMap(([replica, limits]) => {
      const value = limits[limit]
      return value === undefined || value === here ? [] : [[replica, value] as const]
    })
    return different.length === 0 ? [] : [{ limit, here, elsewhere: Object.fromEntries(different) }]
  })
}

const valuesOf = ({ elsewhere, here, limit }: Difference): string => {
  const others = Object.entries(elsewhere).map(([replica, value]) => `${value} at ${replica}`)
  return `${limit} is ${[`${here} here`, ...others].join(", ")}`
}

/** Says what differs. */
export const message = (differences: ReadonlyArray<Difference>): string =>
  differences.length === 0
    ? "All replicas have the same limits again"
    : `Replicas that share a store have different limits: ${differences.map(valuesOf).join("; ")}`

/** Names a limit of a policy; the policies of one endpoint among several have its name. */
export const named = (name: string, limits: Readonly<Record<string, number>>): Limits =>
  Object.fromEntries(
    Object.entries(limits).map(([limit, value]) => [name === "default" ? limit : `${limit} of ${name}`, String(value)])
  )
