// Writes the tables of settings in the documents from src/config/Table.ts; a test asserts that they are current.
import { readFileSync, writeFileSync } from "node:fs"
import type { Facts, Fields } from "../src/config/Field.ts"
import * as EndpointsFile from "../src/config/EndpointsFile.ts"
import { leaves, withDefaults } from "../src/config/Options.ts"
import * as Preset from "../src/config/Preset.ts"
import * as Table from "../src/config/Table.ts"

const root = new URL("../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

const code = (text: string) => `\`${text}\``

/** The comments above rows by the names of their record and their own. */
const commentsOf = (path: string): ReadonlyMap<string, string> => {
  const comments = new Map<string, string>()
  let holder = ""
  for (const [, record, comment, name] of read(path).matchAll(
    /^(?:export )?const (\w+)[^\n]* = \{$|\/\*\*((?:(?!\*\/)[^])+)\*\/(?:\n *\/\/[^\n]*)*\n {2}(\w+): /gm
  )) {
    holder = record ?? holder
    if (name !== undefined) comments.set(`${holder}.${name}`, comment!.replace(/\s*\n\s*\* ?/g, " ").trim())
  }
  return comments
}

const comments = new Map([...commentsOf("src/config/Table.ts"), ...commentsOf("src/config/EndpointsFile.ts")])

interface Row {
  readonly option: string
  readonly facts: Facts
  readonly comment: string
  readonly meaning: string
  readonly range: string
  readonly usual: string
}

const rowsOf = (holder: string, fields: Fields): ReadonlyArray<Row> =>
  leaves(fields).flatMap(({ facts, path }) => {
    const comment = comments.get([holder, ...path].slice(-2).join("."))
    if (comment === undefined) return []
    const [, meaning = "", range = "", usual = ""] = /^(.*?)\. (.*)\. Default: (.*)\.$/.exec(comment) ?? []
    return [{ option: path.join("."), facts, comment, meaning, range, usual }]
  })

const { address, ...records } = Table
const { burst, maxWait } = records.stack

/** Every row with its comment. */
export const rows = {
  stack: [...rowsOf("limits", records.limits), ...rowsOf("stack", { burst, maxWait })],
  provider: rowsOf("provider", records.provider),
  service: [
    ...rowsOf("endpoint", records.endpoint),
    ...rowsOf("upstream", records.upstream),
    ...rowsOf("agents", records.agents),
    ...rowsOf("address", address),
    ...rowsOf("server", records.server),
    ...rowsOf("shared", records.shared),
    ...rowsOf("client", records.client)
  ]
}

const number = (value: number) => (value < 1e10 ? String(value) : value.toExponential().replace("+", ""))

const among = (words: ReadonlyArray<string>) => `${words.slice(0, -1).map(code).join(", ")} or ${code(words.at(-1)!)}`

/** The range that the comment of a row must tell; `undefined` for values in a form of their own. */
export const rangeOf = ({ allowed, allowedText = allowed, env, range }: Facts): string | undefined => {
  const words = /^one of (.*)$/.exec(env === undefined ? allowed : allowedText)?.[1]
  if (range === undefined) return words === undefined ? undefined : among(words.split(", "))
  const { infinite, kind, maximum, minimum } = range
  const bounds = kind === "duration" ? `${minimum} ms to a day` : `${number(minimum)} to ${number(maximum)}`
  return infinite ? `${bounds}, or \`Infinity\`` : bounds
}

/** The default that the comment of a row must tell; `undefined` if there is none of a simple kind. */
export const defaultOf = ({ default: value, range, show = String }: Facts): string | undefined => {
  if (value === Infinity) return "`Infinity`"
  if (typeof value === "number") return range?.kind === "duration" ? `${value / 1000} s` : String(value)
  return typeof value === "string" || typeof value === "boolean" ? code(show(value as never)) : undefined
}

const table = (header: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>) =>
  [header, header.map(() => "---"), ...body]
    .map((cells) => `| ${cells.join(" | ")} |`.replaceAll("---", "---"))
    .join("\n")

const variable = ({ facts, meaning, range, usual }: Row) => {
  const { default: value, env, range: bounds, show = String } = facts
  const limits = bounds && `${number(bounds.minimum)} to ${number(bounds.maximum)}`
  const off = bounds?.off === undefined ? "" : `, or ${code(bounds.off)}`
  const shown = usual === defaultOf(facts) ? code(show(value as never)) : usual
  return [code(env!), shown, limits === undefined ? range : limits + off, meaning]
}

const option = ({ meaning, option, range, usual }: Row) => [code(option), usual, range, meaning]

const presets = () => {
  const situations = commentsOf("src/config/Preset.ts")
  const governed = rows.stack.filter(({ facts }) => Preset.variables.has(facts.env))
  const body = Preset.names.map((name) => {
    const all = leaves(withDefaults(Table.limits, Preset.presets[name]))
    const values = governed.map(({ option }) => all.find(({ path }) => path.join(".") === option)!.facts)
    return [code(name), ...values.map((facts) => defaultOf(facts) ?? ""), situations.get(`changes.${name}`) ?? ""]
  })
  return table(["preset", ...governed.map(({ facts }) => code(facts.env!)), "for"], body)
}

const variables = (rows: ReadonlyArray<Row>) =>
  table(["variable", "default", "range", "meaning"], rows.filter(({ facts }) => facts.env !== undefined).map(variable))

const options = (rows: ReadonlyArray<Row>) => table(["option", "default", "range", "meaning"], rows.map(option))

const fileFields = (holder: string, fields: Fields) =>
  table(
    ["field", "default", "range", "meaning"],
    // Groups of fields have tables of their own.
    rowsOf(holder, fields)
      .filter(({ option }) => !option.includes("."))
      .map(({ meaning, option, range, usual }) => [code(option), usual, range, meaning])
  )

/** The tables of each document, by the names of their markers. */
const documents: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/settings.md": {
    limits: variables(rows.stack),
    presets: presets(),
    service: variables(rows.service)
  },
  "docs/endpoints.md": {
    file: fileFields("fileFields", EndpointsFile.fileFields),
    endpoint: fileFields("endpointFields", EndpointsFile.endpointFields),
    limits: fileFields("limitFields", EndpointsFile.limitFields),
    breaker: fileFields("breakerFields", EndpointsFile.breakerFields)
  },
  "docs/provider.md": { options: options([...rows.stack, ...rows.provider]) }
}

/** Each document as it stands, and as it stands with the tables of now. */
export const written = Object.entries(documents).map(([path, tables]) => {
  const before = read(path)
  const after = before.replace(
    /(<!-- table: (\w+) -->\n)[^]*?(\n<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => begin + tables[name]! + end
  )
  return { path, before, after }
})

if (import.meta.main) for (const { after, path } of written) writeFileSync(new URL(path, root), after)
