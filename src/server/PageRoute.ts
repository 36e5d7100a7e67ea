import { Effect, FileSystem } from "effect"
import { HttpRouter } from "effect/http"
import { fileURLToPath } from "node:url"
import * as Asset from "./page/Asset.ts"

const file = fileURLToPath(new URL("./page/dashboard.html", import.meta.url))

export interface Options {
  /** Whether people have signed in, and may want to sign out. */
  readonly signedIn: boolean
}

const signOut = ' action="logout" hidden'

/** Serves the page for people. */
export const layer = ({ signedIn }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const files = yield* FileSystem.FileSystem
      const html = yield* Effect.orDie(files.readFileString(file))
      const respond = Asset.responder({
        body: new TextEncoder().encode(signedIn ? html.replace(signOut, ' action="logout"') : html),
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": Asset.contentPolicy(html), "referrer-policy": "no-referrer" }
      })
      yield* router.add("GET", "/", (request) => Effect.sync(() => respond(request)))
    })
  )
