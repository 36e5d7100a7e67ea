import { Effect, FileSystem } from "effect"
import { HttpRouter } from "effect/http"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import * as Asset from "./Asset.ts"

const dashboard = fileURLToPath(new URL("./dashboard.html", import.meta.url))
const directory = fileURLToPath(new URL("./assets/", import.meta.url))

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

const typeOf = (name: string): string => types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream"

// The package manager decides where it is.
const chart = (name: string): readonly [string, string] => [
  name,
  createRequire(import.meta.url).resolve(`uplot/dist/${name}`)
]

export interface Options {
  /** Whether the page has a button to sign out. */
  readonly signedIn: boolean
}

const signOut = ' action="logout" hidden'

/** Serves the dashboard and what it is made of. */
export const layer = ({ signedIn }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const files = yield* FileSystem.FileSystem
      const html = yield* Effect.orDie(files.readFileString(dashboard))
      const page = Asset.responder({
        body: new TextEncoder().encode(signedIn ? html.replace(signOut, ' action="logout"') : html),
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": Asset.contentPolicy(html), "referrer-policy": "no-referrer" }
      })
      yield* router.add("GET", "/", (request) => Effect.sync(() => page(request)))
      const own = (yield* Effect.orDie(files.readDirectory(directory))).map((name) => [name, directory + name] as const)
      for (const [name, path] of [...own, chart("uPlot.iife.min.js"), chart("uPlot.min.css")]) {
        const body = yield* Effect.orDie(files.readFile(path))
        const respond = Asset.responder({ body, contentType: typeOf(name) })
        yield* router.add("GET", `/assets/${name}`, (request) => Effect.sync(() => respond(request)))
      }
    })
  )
