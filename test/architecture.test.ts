import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "../src")
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))

interface Source {
  readonly name: string
  readonly text: string
  readonly lines: number
  readonly imports: ReadonlyArray<string>
  /** What is loaded with it, packages too: neither types nor what it imports later. */
  readonly loads: ReadonlyArray<string>
}

const sources: ReadonlyArray<Source> = files.map((name) => {
  const text = readFileSync(join(root, name), "utf8")
  // Relative imports, exports from elsewhere and dynamic imports alike.
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path]) =>
    relative(root, join(root, dirname(name), path!))
  )
  const loads = [...text.matchAll(/^(?:import|export) (?!type )(?:[^;"]*? from )?"([^"]+)"/gm)].map(([, path]) =>
    path!.startsWith(".") ? relative(root, join(root, dirname(name), path!)) : path!
  )
  return { name, text, loads, lines: text.split("\n").length - 1, imports }
})

/** Each area and those it may use beside itself; a file at the root is an area too. */
const words = [
  "config",
  "Call.ts",
  "Rejection.ts",
  "Failure.ts",
  "FailureKind.ts",
  "ProgrammingError.ts",
  "RetryAfter.ts",
  "StreamProgress.ts",
  "ProviderLimits.ts",
  "TokenUsage.ts",
  "Forecast.ts",
  "Limits.ts",
  "RootCause.ts"
]
const gate = [...words, "engine", "Gate.ts"]
const policies = [...gate, "stats", "Stats.ts", "Drain.ts", "Verdict.ts"]
const entries = ["index.ts", "openai.ts", "agents.ts", "cluster.ts", "simulator.ts", "testing.ts"]
const stack = [...policies, "policy", "shared", "Headgate.ts"]
const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  ...Object.fromEntries(words.map((word) => [word, words])),
  config: [],
  engine: words,
  "Gate.ts": [...words, "engine"],
  "Drain.ts": [],
  "Verdict.ts": [...words, "engine", "stats"],
  stats: [...words, "engine"],
  advice: ["config", "stats"],
  "Stats.ts": [...words, "engine", "stats", "advice"],
  policy: policies,
  shared: policies,
  "Headgate.ts": [...policies, "policy", "shared"],
  sql: ["config", "RootCause.ts"],
  testing: [...policies, "policy"],
  tokenizer: [],
  upstream: [...stack, "tokenizer"],
  provider: [...stack, "upstream", "tokenizer"],
  "Provider.ts": [...stack, "upstream", "provider"],
  ai: [...stack, "upstream", "tokenizer"],
  simulator: [...stack, "upstream", "ai", "tokenizer", "advice"],
  agents: [...stack, "ai", "tokenizer", "advice"],
  cluster: [...stack, "agents"],
  demo: [...stack, "ai", "tokenizer", "agents"],
  server: [...stack, "upstream", "tokenizer", "advice"],
  cli: [
    ...stack,
    "upstream",
    "tokenizer",
    "ai",
    "agents",
    "demo",
    "simulator",
    "server",
    "advice",
    "sql",
    "cluster",
    "Provider.ts"
  ],
  "main.ts": [...stack, "cli"]
}
/** They hand out public names and have no logic of their own. */
const doors = new Set(entries)

const areaOf = (name: string) => name.split("/")[0]!

const forbidden = [
  ["any", /(?:[:<|(,=]|\bas|\bextends) any\b/],
  ["Date.now", /\bDate\.now\b|new Date\(\)/],
  ["Math.random", /\bMath\.random\b/],
  ["setTimeout", /\bset(?:Timeout|Interval|Immediate)\b/],
  ["console", /\bconsole\./],
  ["process.env", /\bprocess\.env\b/]
] as const
/** Where one of them stands for a reason, which a comment beside it gives. */
const allowed: ReadonlyArray<readonly [file: string, what: string]> = []

/** A way of imports that ends where it began, if there is one. */
const cycle = (): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (name: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name]
    if (done.has(name)) return undefined
    const imports = sources.find((source) => source.name === name)?.imports ?? []
    for (const next of imports) {
      const found = visit(next, [...way, name])
      if (found !== undefined) return found
    }
    done.add(name)
    return undefined
  }
  for (const { name } of sources) {
    const found = visit(name, [])
    if (found !== undefined) return found
  }
  return undefined
}

/** The modules that an entry reaches, types included; or only what it loads. */
const reached = (entry: string, by: "imports" | "loads" = "imports"): ReadonlyArray<string> => {
  const found = new Set([entry])
  for (const name of found) {
    for (const next of sources.find((source) => source.name === name)?.[by] ?? []) found.add(next)
  }
  return [...found]
}

describe("The architecture", () => {
  it("each area uses only those beneath it", () => {
    const wrong = sources
      .filter(({ name }) => !doors.has(name))
      .flatMap(({ imports, name }) => {
        const area = areaOf(name)
        const beneath = arrows[area]
        if (beneath === undefined) return [`${name} is in no area`]
        return imports
          .filter((path) => areaOf(path) !== area && !beneath.includes(areaOf(path)))
          .map((path) => `${name} uses ${path}`)
      })

    assert.deepStrictEqual(wrong, [])
  })

  it("no policy knows another", () => {
    const policyOf = (name: string) => (areaOf(name) === "policy" ? name.split("/")[1] : undefined)
    const wrong = sources.flatMap(({ imports, name }) =>
      imports
        .filter((path) => policyOf(name) !== undefined && policyOf(path) !== undefined)
        .filter((path) => policyOf(path) !== policyOf(name))
        .map((path) => `${name} uses ${path}`)
    )

    assert.deepStrictEqual(wrong, [])
  })

  it("`headgate` loads no agents and no simulator, nor does `headgate/openai` or `headgate/testing`", () => {
    for (const entry of ["index.ts", "openai.ts", "testing.ts"]) {
      assert.deepStrictEqual(
        reached(entry).filter((name) => ["agents", "demo", "simulator", "cli", "server"].includes(areaOf(name))),
        []
      )
    }
  })

  it("programs that ask for no database load none, and but for agents nothing of SQL", () => {
    const drivers = /^@effect\/sql|^node:sqlite/
    const anything = /^@effect\/sql|^node:sqlite|^effect\/sql|^effect\/persistence(?:$|\/(?:Key|PersistedQueue))/
    const wrong = (entry: string, pattern: RegExp) => reached(entry, "loads").filter((name) => pattern.test(name))

    for (const entry of ["index.ts", "openai.ts", "testing.ts", "main.ts", "cli/Serve.ts", "sql/Database.ts"]) {
      assert.deepStrictEqual(wrong(entry, anything), [], entry)
    }
    for (const entry of ["agents.ts", "simulator.ts", "cli/Agents.ts", "cli/run/Run.ts"]) {
      assert.deepStrictEqual(wrong(entry, drivers), [], entry)
    }
    assert.isNotEmpty(wrong("sql/Sqlite.ts", anything))
  })

  it("nothing of a cluster is loaded but for `headgate run --cluster` and `headgate/cluster`", () => {
    const isCluster = (name: string) => /^effect\/(?:cluster|rpc|socket)/.test(name) || areaOf(name) === "cluster"
    const loaded = (entry: string) => reached(entry, "loads").filter(isCluster)

    for (const entry of [
      ...entries.filter((entry) => entry !== "cluster.ts"),
      "main.ts",
      "cli/Serve.ts",
      "cli/Agents.ts",
      "cli/Commands.ts",
      "cli/run/Run.ts"
    ]) {
      assert.deepStrictEqual(loaded(entry), [], entry)
    }
    assert.isNotEmpty(loaded("cli/run/Cluster.ts"))
  })

  it("every relative import names a file that exists, and none goes round in a circle", () => {
    const wrong = sources.flatMap(({ imports, name }) =>
      imports.filter((path) => !files.includes(path)).map((path) => `${name} uses ${path}`)
    )

    assert.deepStrictEqual(wrong, [])
    assert.isUndefined(cycle())
  })

  it("a module that is not public is used by another", () => {
    const used = new Set(sources.flatMap(({ imports }) => imports))
    const unused = sources
      .filter(
        ({ name }) =>
          ["engine", "policy", "stats", "advice", "config"].includes(areaOf(name)) &&
          !used.has(name) &&
          !doors.has(name)
      )
      .map(({ name }) => name)

    assert.deepStrictEqual(unused, [])
  })

  it("a file has at most 400 lines", () => {
    assert.deepStrictEqual(
      sources.filter(({ lines }) => lines > 400).map(({ name }) => name),
      []
    )
  })

  it("time, chance, output and settings come through Effect, and types are known", () => {
    const wrong = sources.flatMap(({ name, text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
      return forbidden
        .filter(
          ([what, pattern]) => pattern.test(code) && !allowed.some(([file, use]) => file === name && use === what)
        )
        .map(([what]) => `${name} uses ${what}`)
    })

    assert.deepStrictEqual(wrong, [])
  })
})
