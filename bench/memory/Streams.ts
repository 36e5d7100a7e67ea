import { Draw, type Gold, type Stream } from "./Stream.ts"
import { type Family, fill, type Parts, short, type World } from "./World.ts"

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]

interface Fact {
  readonly family: Family
  readonly parts: Parts
  readonly values: ReadonlyArray<string>
  readonly need: (value: string) => Gold["need"]
}

interface Told {
  readonly at: number
  readonly kind: string
  readonly importance: number
  readonly text: string
}

const kinds = ["observation", "chat", "trade", "reflection"]

const drawFacts = (draw: Draw, world: World, count: number): Array<Fact> => {
  const pool = world.families.flatMap((family) => Array<Family>(Math.round(family.weight * 4)).fill(family))
  const facts = new Map<string, Fact>()
  const rules = world.families.filter(({ why }) => why === "rule")
  for (let tries = 0; facts.size < count && tries < count * 20; tries++) {
    const family = tries < 2 ? draw.one(rules) : draw.one(pool.filter(({ why }) => why === "asked"))
    const parts = family.subject(draw, world)
    const key = `${family.name} ${JSON.stringify(parts)}`
    if (facts.has(key)) continue
    const versions = family.change.length === 0 ? 1 : draw.one([1, 1, 2, 2, 3])
    const values: Array<string> = []
    while (values.length < versions) {
      const value = family.value(draw, world)
      if (!values.some((known) => known === value || short(known) === short(value))) values.push(value)
    }
    const need = (value: string): Gold["need"] => {
      const given = { ...parts, v: value, vs: short(value) }
      return family.need.map((needle) => (typeof needle === "string" ? fill(needle, given) : needle))
    }
    facts.set(key, { family, parts, values, need })
  }
  return [...facts.values()]
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Tells a fact: its first version, its changes in time, and repeats of each. */
const tell = (draw: Draw, world: World, { family, parts, values }: Fact): Array<Told> => {
  const moments = values.map(() => draw.next() * 0.96).sort((a, b) => a - b)
  return values.flatMap((value, i) => {
    const given = {
      ...parts,
      v: value,
      vs: short(value),
      o: values[i - 1] ?? "",
      q: draw.one(world.people),
      day: draw.one(days)
    }
    const until = moments[i + 1] ?? 1
    const told = (at: number, pattern: string, importance: number): Told => ({
      at,
      kind: draw.one(kinds),
      importance: Math.min(10, Math.max(1, importance + draw.whole(-2, 2))),
      text: capital(fill(pattern, given))
    })
    const echoes = family.echo.length === 0 ? 0 : draw.whole(0, 2)
    return [
      told(moments[i]!, draw.one(i === 0 ? family.first : family.change), family.importance),
      ...Array.from({ length: echoes }, () =>
        told(moments[i]! + 0.01 + draw.next() * Math.max(0, until - moments[i]! - 0.02), draw.one(family.echo), 4)
      ).filter(({ at }) => at < until)
    ]
  })
}

const chatter = (draw: Draw, world: World): readonly [kind: string, text: string] => {
  const [kind, pattern] = draw.one(world.chatter)
  const given = {
    p: draw.one(world.people),
    q: draw.one(world.people),
    g: draw.one(world.goods),
    l: draw.one(world.places),
    t: draw.one(world.things),
    n: String(draw.whole(2, 9))
  }
  return [kind, capital(fill(pattern, given))]
}

const stop = (text: string) => (/[.!?"]$/.test(text) ? text : `${text}.`)

/** Buries a statement in talk, or leaves it alone. */
const bury = (draw: Draw, world: World, text: string): string => {
  if (draw.chance(0.6)) return text
  const lines = [
    text,
    ...Array.from({ length: draw.whole(1, draw.chance(0.4) ? 9 : 2) }, () => chatter(draw, world)[1])
  ]
  return draw
    .shuffled(lines)
    .map(stop)
    .join(draw.chance(0.4) ? "\n" : " ")
}

const stamp = (start: number, at: number) => new Date(start + at * 60_000).toISOString().slice(0, 16)

/** Draws one stream of a world. */
export const make = (world: World, seed: number, length: number): Stream => {
  const draw = new Draw(seed * 7919 + length)
  const agent = draw.one(world.people)
  const facts = drawFacts(
    draw,
    { ...world, people: world.people.filter((p) => p !== agent) },
    length === 50 ? 10 : length === 200 ? 42 : 130
  )
  const rows = draw.shuffled(world.goods).slice(0, length === 50 ? 6 : world.goods.length - 1)
  const counts = rows.map((good) => ({ good, values: [draw.whole(11, 990)] }))
  const table = draw.one(world.tables)
  const tables = Array.from({ length: length === 50 ? 2 : length === 200 ? 3 : 6 }, (_, i): Told => {
    if (i > 0) for (const { values } of counts) values.push(draw.chance(0.6) ? draw.whole(11, 990) : values.at(-1)!)
    const format = draw.chance(0.7) ? table : draw.one(world.tables)
    const text = format(
      counts.map(({ good, values }) => [good, values.at(-1)!] as const),
      draw
    )
    return {
      at: (i + 0.3 + draw.next() * 0.5) / (length === 50 ? 2 : length === 200 ? 3 : 6),
      kind: "tool",
      importance: draw.whole(3, 7),
      text
    }
  })
  const told = [
    ...facts.flatMap((fact) => tell(draw, world, fact)).map((one) => ({ ...one, text: bury(draw, world, one.text) })),
    ...tables
  ]
  const recent: Array<string> = []
  while (told.length < length) {
    const at = draw.next()
    if (draw.chance(0.06))
      told.push({ at, kind: "tool", importance: draw.whole(2, 5), text: draw.one(world.dumps)(draw, world) })
    else {
      const [kind, fresh] = chatter(draw, world)
      const text = recent.length > 0 && draw.chance(0.25) ? draw.one(recent) : fresh
      recent.push(text)
      told.push({ at, kind, importance: draw.chance(0.08) ? draw.whole(6, 9) : draw.whole(1, 5), text })
    }
  }
  const start = Date.parse(`${world.start}:00Z`) + seed * 86_400_000
  const minutes = length * 48
  const memories = told
    .sort((a, b) => a.at - b.at)
    .slice(-length)
    .map(({ at, importance, kind, text }, i) => ({
      id: `m${i + 1}`,
      at: stamp(start, at * minutes),
      kind,
      importance,
      text
    }))
  const now = stamp(start, minutes + 30)
  const gold = (fact: Fact, i: number): Gold => {
    const need = fact.need(fact.values.at(-1)!)
    const stale = fact.values.slice(0, -1).map(fact.need)
    const { importance, name, span, why } = fact.family
    return { id: `g${i + 1}`, why, importance, family: name, need, span, stale, superseded: stale.length > 0 }
  }
  const rules = facts.filter(({ family }) => family.why === "rule")
  const asked = draw.shuffled(facts.filter(({ family }) => family.why === "asked"))
  const situations = Array.from({ length: length === 50 ? 3 : length === 200 ? 6 : 9 }, (_, s) => {
    const chosen: Array<Fact> = []
    const goals: Array<string> = []
    const golds: Array<Gold> = []
    for (let i = 0; i < draw.whole(2, 4) && asked.length > 0; i++) {
      const fact = asked.pop()!
      chosen.push(fact)
      const alias = fact.parts["g"] === undefined ? undefined : world.aliases[fact.parts["g"]]
      const pattern = draw.one(fact.family.goal)
      goals.push(fill(pattern, { ...fact.parts, ...(alias !== undefined && draw.chance(0.4) ? { g: alias } : {}) }))
      // Whoever sells the same is asked for too, unless the goal names one seller.
      if (fact.family.name !== "price" || pattern.includes("{p}")) continue
      chosen.push(
        ...facts.filter(
          (other) => other !== fact && other.family === fact.family && other.parts["g"] === fact.parts["g"]
        )
      )
    }
    for (const fact of [...chosen, ...rules]) golds.push(gold(fact, golds.length))
    for (let i = 0; i < draw.whole(1, 2); i++) {
      const { good, values } = draw.one(counts)
      const alias = world.aliases[good]
      goals.push(fill(draw.one(world.tableGoals), { g: alias !== undefined && draw.chance(0.4) ? alias : good }))
      const now = String(values.at(-1))
      const old = [...new Set(values.map(String))].filter((value) => value !== now)
      golds.push({
        id: `g${golds.length + 1}`,
        why: "asked",
        importance: 6,
        family: "table",
        need: [good, now],
        span: 70,
        stale: old.map((value) => [good, value]),
        superseded: old.length > 0
      })
    }
    const text = fill(draw.one(world.frames), {
      a: short(agent),
      goals: draw.shuffled(goals).join(draw.one(["; ", ", then ", ". Also: "]))
    })
    return { id: `s${s + 1}`, at: now, kind: "plan", agent, text, gold: golds }
  })
  return { stream: `${world.name}-${length}-${seed}`, domain: world.name, length, agent, now, memories, situations }
}
