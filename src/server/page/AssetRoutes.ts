import { Effect, FileSystem } from "effect"
import { HttpRouter } from "effect/http"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import * as Asset from "./Asset.ts"

const directory = fileURLToPath(new URL("./assets/", import.meta.url))

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

const typeOf = (name: string): string => types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream"

// Wherever the package manager has put it.
const chart = (name: string): readonly [string, string] => [
  name,
  createRequire(import.meta.url).resolve(`uplot/dist/${name}`)
]

/** Serves what the pages are made of. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const files = yield* FileSystem.FileSystem
    const own = (yield* Effect.orDie(files.readDirectory(directory))).map((name) => [name, directory + name] as const)
    for (const [name, path] of [...own, chart("uPlot.iife.min.js"), chart("uPlot.min.css")]) {
      const body = yield* Effect.orDie(files.readFile(path))
      const respond = Asset.responder({ body, contentType: typeOf(name) })
      yield* router.add("GET", `/assets/${name}`, (request) => Effect.sync(() => respond(request)))
    }
  })
)
