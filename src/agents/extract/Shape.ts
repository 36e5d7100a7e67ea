/** The part of JSON Schema that a reply is read by; other keywords are not looked at. */
export interface Shape {
  readonly type?: string | ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Shape
  readonly enum?: ReadonlyArray<unknown>
  readonly minimum?: number
  readonly maximum?: number
  /** The value fits one of these. */
  readonly anyOf?: ReadonlyArray<Shape>
}

/** The types a shape names, or those its other keywords speak of; empty for any. */
export const typesOf = ({ anyOf, items, properties, type }: Shape): ReadonlyArray<string> => {
  if (typeof type === "string") return [type]
  if (type !== undefined) return type
  if (anyOf !== undefined) return anyOf.flatMap(typesOf)
  if (properties !== undefined) return ["object"]
  return items === undefined ? [] : ["array"]
}

/** Whether a shape is of one type, `null` apart. */
export const isOf = (shape: Shape, type: "object" | "array"): boolean =>
  typesOf(shape).every((name) => name === type || name === "null") && typesOf(shape).includes(type)

/** Whether a shape takes single values only: numbers, texts, truth values. */
export const isScalar = (shape: Shape): boolean => !typesOf(shape).some((type) => type === "object" || type === "array")

/** The properties a shape names, each with its own. */
export const propertiesOf = (shape: Shape): ReadonlyArray<readonly [name: string, shape: Shape]> =>
  Object.entries(shape.properties ?? shape.anyOf?.find((one) => one.properties !== undefined)?.properties ?? {})

/** The properties that may not be missing. */
export const requiredOf = (shape: Shape): ReadonlyArray<string> =>
  shape.required ?? shape.anyOf?.find((one) => one.properties !== undefined)?.required ?? []

/** A name without case and separators, as models change them freely. */
export const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_\-.!*`"']+/g, "")
