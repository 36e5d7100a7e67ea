import { byId, say } from "./dom.js"
import * as format from "./format.js"

const patience = 8_000

let source
let heardAt

const isShown = (link) => document.body.dataset.link === link

const show = (link, text) => {
  document.body.dataset.link = link
  say(byId("link"), text)
}

const live = () => {
  heardAt = new Date()
  show("live", "live")
}

const lost = () => {
  if (isShown("refused")) return
  const old = heardAt === undefined ? "" : ` The figures are of ${format.moment(heardAt)}.`
  show("lost", `Connection lost, trying again …${old}`)
}

const refused = () => {
  if (isShown("refused")) return
  // What was let in before would go on, as if nothing had happened.
  source?.close()
  const again = document.createElement("a")
  again.href = "./"
  again.textContent = "Sign in again"
  show("refused", "")
  byId("link").append("Signed out. ", again)
}

/** Asks for JSON; tells when nobody answers, and when somebody does again. */
export const ask = async (path) => {
  try {
    const options = { signal: AbortSignal.timeout(patience), headers: { accept: "application/json" } }
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

/** Follows the figures as they change. */
export const follow = (path, onFigures) => {
  source = new EventSource(path)
  source.addEventListener("message", ({ data }) => {
    live()
    onFigures(JSON.parse(data))
  })
  source.addEventListener("error", ({ target }) => {
    lost()
    // A browser tries again by itself, unless the answer was an error.
    if (target.readyState !== EventSource.CLOSED) return
    void ask("stats")
    // The browser's own timer: this runs in the page, where there is no Effect and no clock of a gate.
    setTimeout(() => follow(path, onFigures), 3_000)
  })
}

/** Does something again and again, while somebody looks; gives back a way to do it at once. */
export const repeat = (every, work) => {
  const round = async () => {
    if (!document.hidden) await work().catch(reportError)
    // As above: the page has no other clock.
    setTimeout(round, every)
  }
  void round()
  return () => void work()
}
