import { byId, say } from "./dom.js"
import * as format from "./format.js"

const timeout = 8_000

let source
let updatedAt

const isShown = (link) => document.body.dataset.link === link

const show = (link, text) => {
  document.body.dataset.link = link
  say(byId("link"), text)
}

const live = () => {
  updatedAt = new Date()
  show("live", "live")
}

const lost = () => {
  if (isShown("refused")) return
  const old = updatedAt === undefined ? "" : ` The figures are from ${format.moment(updatedAt)}.`
  show("lost", `Connection lost, trying again …${old}`)
}

const refused = () => {
  if (isShown("refused")) return
  // The open stream would go on without the session.
  source?.close()
  const again = document.createElement("a")
  again.href = "./"
  again.textContent = "Sign in again"
  show("refused", "")
  byId("link").append("Signed out. ", again)
}

/** Fetches JSON, and shows whether the gateway answers; `undefined` if it does not. */
export const ask = async (path) => {
  try {
    const options = { signal: AbortSignal.timeout(timeout), headers: { accept: "application/json" } }
    const response = await fetch(path, options)
    if (response.status === 401) refused()
    if (!response.ok) return undefined
    const answer = await response.json()
    if (isShown("refused")) location.reload()
    if (source?.readyState === EventSource.OPEN) live()
    return answer
  } catch {
    lost()
    return undefined
  }
}

/** Subscribes to the stats as they change. */
export const follow = (path, onFigures) => {
  source = new EventSource(path)
  source.addEventListener("message", ({ data }) => {
    live()
    onFigures(JSON.parse(data))
  })
  source.addEventListener("error", ({ target }) => {
    lost()
    // The browser reconnects by itself, except after an error response.
    if (target.readyState !== EventSource.CLOSED) return
    void ask("stats")
    // The browser's own timer: the page has no Effect clock.
    setTimeout(() => follow(path, onFigures), 3_000)
  })
}

/** Repeats work while the page is visible; returns a function that does it at once. */
export const repeat = (every, work) => {
  const round = async () => {
    if (!document.hidden) await work().catch(reportError)
    // As above.
    setTimeout(round, every)
  }
  void round()
  return () => void work()
}
