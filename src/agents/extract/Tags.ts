import * as Entity from "./Entity.ts"
import { fit } from "./Fit.ts"
import { isOf, plain, propertiesOf, type Shape } from "./Shape.ts"
import { fits, silent, type Verdict, wrong } from "./Verdict.ts"
import { alone } from "./Written.ts"

interface Element {
  readonly name: string
  readonly inner: string
}

// Calls name their parameters in an attribute: <parameter name="qty">, <parameter=qty>.
const opening = /<([a-z_][\w.-]{0,50})(?:=([\w.-]{1,50})|\sname="([^"<>]{1,50})"|\s[^<>]{0,200})?\s*>/gi

// Some calls give name and value an element each.
const argument = /<arg_key>([^<>]{1,50})<\/arg_key>\s*<arg_value>([^<]{0,4000})<\/arg_value>/g

/** The outermost elements of a text; one that is not closed is none. */
const elements = (text: string): ReadonlyArray<Element> => {
  const found: Array<Element> = []
  // Names that are never closed again are looked for once.
  const unclosed = new Set<string>()
  let from = 0
  for (const match of text.matchAll(opening)) {
    const tag = match[1]!
    if (match.index < from || unclosed.has(tag)) continue
    const start = match.index + match[0].length
    const close = text.indexOf(`</${tag}>`, start)
    if (close === -1) unclosed.add(tag)
    else {
      from = close + tag.length + 3
      found.push({ name: match[2] ?? match[3] ?? tag, inner: text.slice(start, close) })
    }
  }
  return found
}

const valueOf = (inner: string, shape: Shape): unknown => {
  const children = elements(inner)
  const text = (content: string) => Entity.decode(content.replace(/^\s*<!\[CDATA\[([\s\S]*)\]\]>\s*$/, "$1")).trim()
  if (isOf(shape, "array") && children.length > 0) return children.map((child) => text(child.inner))
  return alone(text(inner), shape)
}

const record = (text: string, shape: Shape): Verdict => {
  const names = propertiesOf(shape)
  const all = elements(text)
  const found = names.flatMap(([name, child]) => {
    const same = all.filter((one) => plain(one.name) === plain(name))
    return same.length === 0 ? [] : [{ name, times: same.length, value: valueOf(same.at(-1)!.inner, child) }]
  })
  if (found.length === 0) {
    const inner = all.map((one) => record(one.inner, shape)).filter(({ _tag }) => _tag !== "Silent")
    return inner.at(-1) ?? silent
  }
  // Drafts of some members and not of others cannot be told apart.
  if (found.some(({ times }) => times !== found[0]!.times)) return wrong
  return fit(Object.fromEntries(found.map(({ name, value }) => [name, value])), shape)
}

const list = (text: string, shape: Shape): Verdict => {
  const all = elements(text)
  const [head] = all
  if (head === undefined) return silent
  if (all.length === 1) return list(head.inner, shape)
  if (all.some(({ name }) => name !== head.name)) return silent
  const items = all.map((one) =>
    isOf(shape.items ?? {}, "object")
      ? record(one.inner, shape.items!)
      : fit(alone(Entity.decode(one.inner), shape.items ?? {}), shape.items ?? {})
  )
  const values = items.flatMap((item) => (item._tag === "Fits" ? [item.value] : []))
  return values.length === items.length ? fits(values) : silent
}

/** Reads elements named as the members of a shape, or as many of one name for a list. */
export const read = (text: string, shape: Shape): Verdict => {
  if (!text.includes("</")) return silent
  const named = text.replaceAll(argument, "<$1>$2</$1>")
  return isOf(shape, "array") ? list(named, shape) : record(named, shape)
}
