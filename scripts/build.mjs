// Compiles the sources into what the package ships, and puts the pages beside the code that serves it.
import { spawnSync } from "node:child_process"
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit"
  }
)
if (status !== 0) process.exit(1)
cpSync(`${root}src/server/page`, `${root}dist/server/page`, {
  recursive: true,
  filter: (path) => !path.endsWith(".ts")
})

/** The module that each name of an index is exported from, or is. */
const modulesOf = (index) => {
  const folder = index === "effect" ? "" : `${index.slice("effect/".length)}/`
  const text = readFileSync(`${root}node_modules/effect/dist/${folder}index.js`, "utf8").replace(/\/\*[^]*?\*\//g, "")
  const modules = new Map()
  for (const [, name, path] of text.matchAll(/export \* as (\w+) from "\.\/(\w+)\.js"/g)) {
    modules.set(name, { path: `effect/${folder}${path}`, whole: true })
  }
  for (const [, names, path] of text.matchAll(/export \{([^}]*)\} from "\.\/(\w+)\.js"/g)) {
    for (const name of names.split(",")) modules.set(name.trim(), { path: `effect/${folder}${path}`, whole: false })
  }
  return modules
}

const indexes = new Map(
  [
    "effect",
    "effect/ai",
    "effect/cli",
    "effect/encoding",
    "effect/http",
    "effect/http-api",
    "effect/persistence",
    "effect/testing"
  ].map((index) => [index, modulesOf(index)])
)

// An index loads all that it exports, which is hundreds of modules: each is imported by itself.
for (const file of globSync("dist/**/*.js", { cwd: root })) {
  const text = readFileSync(root + file, "utf8")
  const direct = text.replace(/^import \{([^}]*)\} from "(effect(?:\/[\w-]+)?)";$/gm, (all, names, index) => {
    const modules = indexes.get(index)
    if (modules === undefined) return all
    return names
      .split(",")
      .map((each) => each.trim().split(" as "))
      .map(([name, local = name]) => {
        const module = modules.get(name)
        if (module === undefined) throw new Error(`${file}: ${index} exports no ${name}`)
        return module.whole
          ? `import * as ${local} from "${module.path}";`
          : `import { ${name} as ${local} } from "${module.path}";`
      })
      .join("\n")
  })
  if (direct !== text) writeFileSync(root + file, direct)
}
