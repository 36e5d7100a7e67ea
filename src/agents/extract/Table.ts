import { fit } from "./Fit.ts"
import { unmarked } from "./Line.ts"
import { isNothing } from "./Scalar.ts"
import { isOf, isScalar, plain, propertiesOf, requiredOf, type Shape } from "./Shape.ts"
import { fits, silent, type Verdict, wrong } from "./Verdict.ts"

type Row = ReadonlyArray<string>

const cell = (text: string) => unmarked(text.trim()).replace(/^(["'`])(.*)\1$/, "$2")
const unit = /\s*\([^()]*\)$/
const rule = /^[\s|:+-]*-{2,}[\s|:+-]*$/

const piped = (line: string): Row =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map(cell)

/** Lines of cells that stand together, without the rules between. */
const blocks = (text: string): ReadonlyArray<ReadonlyArray<Row>> => {
  const found: Array<Array<Row>> = []
  let inside = false
  for (const line of text.split("\n")) {
    if (!line.includes("|")) inside = false
    else if (!rule.test(line)) {
      if (!inside) found.push([])
      found.at(-1)!.push(piped(line))
      inside = true
    }
  }
  return found
}

/** Lines of values with commas or tabs between, under a line of names. */
const separated = (text: string): ReadonlyArray<ReadonlyArray<Row>> => {
  const rows = text.split("\n").filter((line) => line.trim() !== "" && !/^\s*```/.test(line))
  return ["\t", ",", ";"].map((mark) => rows.map((row) => row.split(mark).map(cell)))
}

const record = (header: Row, row: Row, shape: Shape): Verdict => {
  if (row.length !== header.length) return wrong
  const names = propertiesOf(shape)
  const members = names.flatMap(([name]) => {
    const at = header.findIndex((title) => plain(title.replace(unit, "")) === plain(name))
    return at === -1 || isNothing(row[at]!) ? [] : [[name, row[at]!] as const]
  })
  return fit(Object.fromEntries(members), shape)
}

const isHeader = (header: Row, shape: Shape): boolean => {
  const titles = new Set(header.map((title) => plain(title.replace(unit, ""))))
  const required = requiredOf(shape)
  return required.length > 0 && required.every((name) => titles.has(plain(name)))
}

const across = ([header, ...rows]: ReadonlyArray<Row>, shape: Shape): Verdict => {
  if (header === undefined || header.length < 2 || rows.length === 0 || !isHeader(header, shape)) return silent
  return rows.length === 1 ? record(header, rows[0]!, shape) : wrong
}

const down = (rows: ReadonlyArray<Row>, shape: Shape): Verdict => {
  const pairs = rows.filter((row) => row.length === 2)
  const keys = pairs.map(([key]) => key!)
  if (pairs.length !== rows.length || !isHeader(keys, shape)) return silent
  return new Set(keys.map(plain)).size < keys.length
    ? wrong
    : record(
        keys,
        pairs.map(([, value]) => value!),
        shape
      )
}

const column = ([header, ...rows]: ReadonlyArray<Row>, items: Shape): Verdict => {
  const columns = (header ?? []).flatMap((title, at) => (/^(?:#|no\.?|nr\.?|rank|index|)$/i.test(title) ? [] : [at]))
  const at = columns[0]
  if (columns.length !== 1 || at === undefined || rows.length === 0) return silent
  return fit(
    rows.map((row) => row[at]),
    { type: "array", items }
  )
}

const rowsOf = ([header, ...rows]: ReadonlyArray<Row>, items: Shape): Verdict => {
  if (header === undefined || header.length < 2 || rows.length === 0 || !isHeader(header, items)) return silent
  const read = rows.map((row) => record(header, row, items))
  return read.every(({ _tag }) => _tag === "Fits")
    ? fits(read.map((one) => (one._tag === "Fits" ? one.value : undefined)))
    : wrong
}

const one = (rows: ReadonlyArray<Row>, shape: Shape): Verdict => {
  if (isOf(shape, "array")) {
    const items = shape.items ?? {}
    return isScalar(items) ? column(rows, items) : rowsOf(rows, items)
  }
  const found = across(rows, shape)
  return found._tag === "Silent" ? down(rows, shape) : found
}

/** Reads a table whose titles, across or down, are the names of a shape's members. */
export const read = (text: string, shape: Shape): Verdict => {
  const drawn = blocks(text)
    .map((rows) => one(rows, shape))
    .findLast(({ _tag }) => _tag !== "Silent")
  if (drawn !== undefined) return drawn
  const lists = isOf(shape, "array") && isScalar(shape.items ?? {})
  return (lists ? [] : separated(text)).map((rows) => one(rows, shape)).find(({ _tag }) => _tag !== "Silent") ?? silent
}
