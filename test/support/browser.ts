import { Effect } from "effect"
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

/** A browser of the Chromium family, if this machine has one. */
export const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync
)

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** A backstop only: how long a page takes depends on the machine. */
const timeout = 600_000

/** Starts it. */
export const launch = () => chromium.launch({ executablePath: executablePath!, args, timeout })

/** Opens a page with cookies of its own, and notes what it complains of and whom it asks. */
export const visit = Effect.fnUntraced(function* (browser: Browser) {
  const context = yield* Effect.acquireRelease(
    Effect.promise(() => browser.newContext()),
    (context) => Effect.promise(() => context.close())
  )
  context.setDefaultTimeout(timeout)
  const page = yield* Effect.promise(() => context.newPage())
  const complaints: Array<string> = []
  const asked = new Set<string>()
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("request", (request) => asked.add(new URL(request.url()).origin))
  const act = <A>(run: (on: typeof page) => Promise<A>) => Effect.promise(() => run(page))
  const sees = (selector: string, text: string | RegExp) =>
    act(() => page.locator(selector, { hasText: text }).first().waitFor())
  return { act, sees, complaints, asked }
})
