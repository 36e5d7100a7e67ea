import { existsSync, readdirSync, readFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { nameOf, snippets, written } from "./support/snippets.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

describe("The code in documents and comments", () => {
  let folder: string

  beforeAll(async () => {
    folder = await written()
    vi.spyOn(console, "log").mockImplementation(() => {})
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  for (const snippet of snippets.filter(({ runs }) => runs)) {
    it(`runs: ${snippet.file}:${snippet.line}`, () => import(/* @vite-ignore */ join(folder, nameOf(snippet))))
  }
})

describe("The documents", () => {
  const policies = readdirSync(join(root, "src/policy"))
  const pageOf = (policy: string) => `${policy.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.md`

  it("show the first example in the README", () => {
    const first = snippets.find(({ file }) => file === "README.md")
    const example = read("examples/guard-a-model.ts").replace("../src/index.ts", "headgate")

    assert.strictEqual(first?.code, example.slice(example.indexOf("import")))
  })

  it("have a page for each policy, which the index links to", () => {
    const index = read("docs/policies/README.md")
    for (const policy of policies) {
      const page = pageOf(policy)
      assert.include(index, `(${page})`)
      assert.isTrue(existsSync(join(root, "docs/policies", page)), page)
    }
  })

  it("have an example for each policy, and name each of its options", () => {
    for (const policy of policies) {
      const file = `src/policy/${policy}/${policy}.ts`
      const page = pageOf(policy)
      assert.isTrue(
        snippets.some((snippet) => snippet.file === file),
        file
      )
      const options = /^const fields = \{\n([\s\S]*?)^\}/m.exec(read(file))?.[1] ?? ""
      assert.strictEqual(options === "", policy === "Metrics", file)
      for (const [, option] of options.matchAll(/^ {2}(\w+): /gm)) {
        assert.include(read(`docs/policies/${page}`), `| \`${option}\``, `${page} says nothing of ${option}`)
      }
    }
  })

  it("are short where they are read first", () => {
    assert.isAtMost(read("README.md").split("\n").length - 1, 150)
  })
})
