import { Effect } from "effect"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium, type Page } from "playwright-core"

/** A browser of the Chromium family, if this machine has one. */
export const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync
)

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

const profile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "headgate-browser-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

/** Opens a page of a browser of its own, and notes what it complains of and whom it asks. */
export const browser = Effect.gen(function* () {
  const directory = yield* profile
  const context = yield* Effect.acquireRelease(
    Effect.promise(() => chromium.launchPersistentContext(directory, { executablePath: executablePath!, args })),
    (context) => Effect.promise(() => context.close())
  )
  const page = yield* Effect.promise(() => context.newPage())
  const complaints: Array<string> = []
  const asked = new Set<string>()
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("request", (request) => asked.add(new URL(request.url()).origin))
  const act = <A>(run: (page: Page) => Promise<A>) => Effect.promise(() => run(page))
  const sees = (selector: string, text: string | RegExp) =>
    act((page) => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 15_000 }))
  return { act, sees, complaints, asked }
})
