import { covers, isPattern, Models } from "./Models.ts"

/** An endpoint as far as its file could be read. */
export interface Given {
  readonly name: string
  readonly models: ReadonlyArray<string> | undefined
  readonly aliases: Readonly<Record<string, string>>
}

/** Notes a value that is not allowed, with its path. */
export type Add = (name: string, value: string, allowed: string) => void

type FallbackModels = Readonly<Record<string, ReadonlyArray<string>>>

const checkNames = (endpoints: ReadonlyArray<Given>, add: Add): void => {
  if (endpoints.length === 0) add("endpoints", "[]", "a list with at least one endpoint")
  const names = endpoints.map(({ name }) => name)
  names.forEach((name, index) => {
    if (name !== undefined && names.indexOf(name) < index) {
      add(`endpoints[${index}].name`, name, "a name that no other endpoint has")
    }
  })
}

/** Finds the earlier entry that takes all that a pattern stands for; names go before patterns, whatever their order. */
const coverOf = (text: string, earlier: ReadonlyArray<string>): string | undefined =>
  isPattern(text) ? earlier.find((other) => isPattern(other) && covers(other, text)) : undefined

const unreachable = (cover: string) => `a pattern before which no other takes all that it stands for, as ${cover} does`

const checkPatterns = (path: string, keys: ReadonlyArray<string>, add: Add): void =>
  keys.forEach((key, index) => {
    const cover = coverOf(key, keys.slice(0, index))
    if (cover !== undefined) add(`${path}.${key}`, key, unreachable(cover))
  })

const checkModels = (given: Given, path: string, add: Add): void => {
  const { aliases, models = [] } = given
  const names = Object.keys(aliases)
  const servesNothing = names.length === 0 && given.models?.length === 0
  if (servesNothing)
    add(`${path}.models`, "[]", "a list with at least one model; without it an endpoint serves every model")
  models.forEach((model, index) => {
    const cover = names.find((name) => covers(name, model))
    const allowed = `a model that no alias takes, as ${cover} does`
    if (cover !== undefined && aliases[cover] !== model) add(`${path}.models[${index}]`, model, allowed)
  })
}

/** Finds the way of aliases that leads back to a name; `undefined` if none does. */
const circleOf = (start: string, aliases: Given["aliases"]): ReadonlyArray<string> | undefined => {
  const way = [start]
  for (let at = aliases[start]; at !== undefined && Object.hasOwn(aliases, at); at = aliases[at]) {
    if (at === start) return way.length > 1 ? way : undefined
    if (way.includes(at)) return undefined
    way.push(at)
  }
  return undefined
}

const checkAliases = ({ aliases }: Given, path: string, add: Add): void => {
  const told = new Set<string>()
  const stars = (text: string) => text.split("*").length - 1
  for (const [name, model] of Object.entries(aliases)) {
    // A star without one at its place in the name stands for nothing: the endpoint would be sent another model.
    if (stars(model) > stars(name))
      add(`${path}.aliases.${name}`, model, "a name with no more `*` than the name of the alias has")
    const circle = told.has(name) ? undefined : circleOf(name, aliases)
    if (circle === undefined) continue
    for (const each of circle) told.add(each)
    const shown = [...circle, name].join(" -> ")
    add(`${path}.aliases.${name}`, aliases[name]!, `the endpoint's own name of a model, and no circle (${shown})`)
  }
}

const servedModel = "a model that an endpoint serves, by its name, a pattern or an alias"

const checkFallbacks = (endpoints: ReadonlyArray<Given>, fallbackModels: FallbackModels, add: Add): void => {
  const served = endpoints.map(({ aliases, models }) => new Models(models, aliases))
  const isUnserved = (model: string) => served.every((models) => models.nameOf(model) === undefined)
  for (const [model, fallbacks] of Object.entries(fallbackModels)) {
    if (!isPattern(model) && isUnserved(model)) add(`fallbackModels.${model}`, model, servedModel)
    fallbacks.forEach((name, index) => {
      const path = `fallbackModels.${model}[${index}]`
      if (name === model) add(path, name, "another model than the one it stands in for")
      else if (isPattern(name)) add(path, name, "the name of a model, and no pattern")
      else if (isUnserved(name)) {
        add(path, name, servedModel)
      }
    })
  }
}

/** Notes what fields that are right each by itself have wrong together. */
export const check = (endpoints: ReadonlyArray<Given>, fallbackModels: FallbackModels, add: Add): void => {
  checkNames(endpoints, add)
  // A field that could not be read is told already.
  const readable = endpoints.filter(({ aliases }) => aliases !== undefined)
  endpoints.forEach((endpoint, index) => {
    if (!readable.includes(endpoint)) return
    const path = `endpoints[${index}]`
    checkPatterns(`${path}.aliases`, Object.keys(endpoint.aliases), add)
    checkModels(endpoint, path, add)
    checkAliases(endpoint, path, add)
  })
  checkPatterns("fallbackModels", Object.keys(fallbackModels), add)
  if (readable.length === endpoints.length) checkFallbacks(endpoints, fallbackModels, add)
}
