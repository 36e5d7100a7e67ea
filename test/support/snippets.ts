import { readdirSync, readFileSync } from "node:fs"
import { mkdtemp, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"

/** A piece of code in a document or a comment. */
export interface Snippet {
  /** The file it stands in, from the root of the repository. */
  readonly file: string
  /** The number of its first line there. */
  readonly line: number
  readonly code: string
  /** Whether it is run, or only type-checked (```` ```ts no_run ````). */
  readonly runs: boolean
}

const root = join(import.meta.dirname, "../..")

const filesIn = (folder: string, ending: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort()

const linesBefore = (text: string, index: number): number => text.slice(0, index).split("\n").length

/** The ```ts blocks of a document. */
const inDocument = (file: string): ReadonlyArray<Snippet> => {
  const text = readFileSync(join(root, file), "utf8")
  return [...text.matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(({ 1: info, 2: code, index }) => ({
    file,
    line: linesBefore(text, index) + 1,
    code: code!,
    runs: info!.trim() !== "no_run"
  }))
}

/** The `@example` blocks of a source, without the stars of their comments. */
const inComments = (file: string): ReadonlyArray<Snippet> => {
  const text = readFileSync(join(root, file), "utf8")
  return [...text.matchAll(/^ *\* @example\n((?: *\*(?!\/| @).*\n)+)/gm)].map(({ 1: code, index }) => ({
    file,
    line: linesBefore(text, index) + 1,
    code: code!.replaceAll(/^ *\* ?/gm, ""),
    runs: true
  }))
}

/** Every snippet of the documents and the sources. */
export const snippets: ReadonlyArray<Snippet> = [
  ...["README.md", ...filesIn("docs", ".md")].flatMap(inDocument),
  ...filesIn("src", ".ts").flatMap(inComments)
]

const effects = "Cause Console Context Duration Effect Exit Layer Option Redacted Ref Schedule Schema Scope Semaphore"

/** What a snippet may use without importing it, by module. */
const known: Readonly<Record<string, ReadonlyArray<string>>> = {
  effect: [...effects.split(" "), "Stream", "SubscriptionRef"],
  "effect/ai": ["LanguageModel"],
  "effect/persistence": ["KeyValueStore"],
  "effect/sql/SqlClient": ["SqlClient"],
  headgate: exportsOf("src/index.ts"),
  "headgate/openai": exportsOf("src/openai.ts"),
  "headgate/agents": exportsOf("src/agents.ts").filter((name) => !exportsOf("src/openai.ts").includes(name)),
  "headgate/cluster": exportsOf("src/cluster.ts"),
  "headgate/simulator": exportsOf("src/simulator.ts"),
  "headgate/testing": ["check", "laws", "Law", "LawBroken", "Observer", "Scenario", "ScriptedModel"],
  prelude: exportsOf("test/support/prelude.ts")
}

/** Names that a module exports; types are marked as in an import. */
function exportsOf(file: string): ReadonlyArray<string> {
  const text = readFileSync(join(root, file), "utf8")
  const braces = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type = "", names]) =>
    names!.split(",").map((name) => type + name.trim().replace(/^(type )?.* as /, "$1"))
  )
  const others = [...text.matchAll(/^export (?:\* as|const|class|function) (\w+)/gm)].map(([, name]) => name!)
  return [...braces, ...others].filter((name) => name !== "")
}

const places: Readonly<Record<string, string>> = {
  headgate: "src/index.ts",
  "headgate/openai": "src/openai.ts",
  "headgate/agents": "src/agents.ts",
  "headgate/cluster": "src/cluster.ts",
  "headgate/simulator": "src/simulator.ts",
  "headgate/testing": "src/testing.ts",
  prelude: "test/support/prelude.ts"
}

/**
 * A snippet as a module of its own, in a folder right beneath the root.
 *
 * What it uses and does not import is imported on the first line. `expression // => value` becomes an assertion. Its lines
 * keep their numbers, so that an error names the line of the document.
 */
export const moduleOf = ({ code, line }: Snippet): string => {
  const words = code.replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\/(?! =>).*/g, "")
  const uses = (name: string) => new RegExp(`(?<![.\\w])${name}\\b`).test(words)
  const declares = (name: string) =>
    new RegExp(`(?:const|let|class|function|type|interface) ${name}\\b|^import[^"]*\\b${name}\\b`, "m").test(code)
  const imports = Object.entries(known).map(([module, names]) => {
    const needed = names.filter((name) => {
      const bare = name.replace("type ", "")
      return uses(bare) && !declares(bare)
    })
    return needed.length === 0 ? "" : `import { ${needed.join(", ")} } from "${module}";`
  })
  const first = `import { deepStrictEqual as $equal } from "node:assert/strict";${imports.join("")}export {};`
  const body = code.replaceAll(/^(?!\s*\/\/)(.*\S)\s+\/\/ => (.+)$/gm, "$equal($1, $2)")
  return `${first}${"\n".repeat(Math.max(1, line - 1))}${body}`.replaceAll(
    /(from "|import\(")([\w/]+)"/g,
    (all, from: string, module: string) =>
      places[module] === undefined ? all : `${from}${relative(join(root, "x"), join(root, places[module]))}"`
  )
}

/** A name for a snippet's module that tells where it comes from. */
export const nameOf = ({ file, line }: Snippet): string => `${file.replaceAll(/[^\w.]/g, "-")}-${line}.ts`

/** Writes every snippet as a module; the folder is right beneath the root, so that packages are found and paths to the sources are the same for each. */
export const written = async (): Promise<string> => {
  const folder = await mkdtemp(join(root, ".docs-"))
  await Promise.all(snippets.map((snippet) => writeFile(join(folder, nameOf(snippet)), moduleOf(snippet))))
  return folder
}
