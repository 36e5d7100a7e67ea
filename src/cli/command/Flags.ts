import { Config, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { type Facts, factsOf, type Field, readText } from "../../config/Field.ts"

/** The flag of commands whose result a program may read. */
export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print JSON for programs to read")
)

/** Reads the address of a gateway; the scheme may be left out. */
export const parseUrl = (text: string): string | undefined => {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username + url.password + url.search + url.hash !== ""
  )
    return undefined
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`
}

/** Which gateway a command speaks to. */
export const remote = {
  url: Argument.String("url").pipe(
    Argument.filterMap(
      (text) => Option.fromUndefinedOr(parseUrl(text)),
      () => "an http or https address of a gateway, such as http://127.0.0.1:3000"
    ),
    Argument.optional,
    Argument.withDescription("Where the gateway listens; from HOST and PORT, or http://127.0.0.1:3000")
  ),
  key: Flag.Redacted("key").pipe(
    Flag.withMetavar("key"),
    Flag.withFallbackConfig(Config.Redacted("HEADGATE_API_KEY")),
    Flag.optional,
    Flag.withDescription("Key, if the gateway asks for one; HEADGATE_API_KEY, which no list of processes shows")
  )
}

/** What help calls the value of a flag; `text` if its field takes no number. */
export const metavarOf = ({ range }: Facts, text: string): string => {
  if (range === undefined) return text
  return range.kind === "number" ? "number" : "integer"
}

/** A flag that is read as a variable of the environment is, and may be left out. */
export const variableFlag = <A, I>(
  name: string,
  field: Field<A, I>,
  description: string,
  text = "text"
): Flag.Flag<Option.Option<A>> => {
  const facts = factsOf(field)
  return Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromUndefinedOr(readText({ ...facts, default: undefined }, text.trim(), []) as A | undefined),
      () => facts.allowedText ?? facts.allowed
    ),
    Flag.withMetavar(metavarOf(facts, text)),
    Flag.withDescription(description),
    Flag.optional
  )
}
