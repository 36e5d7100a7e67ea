import { byId, say } from "./dom.js"
import * as format from "./format.js"

const patience = 8_000

let heardAt

const show = (link, text) => {
  document.body.dataset.link = link
  say(byId("link"), text)
}

const lost = () => {
  const old = heardAt === undefined ? "" : ` The figures are of ${format.moment(heardAt)}.`
  show("lost", `Connection lost, trying again …${old}`)
}

const refused = () => {
  const again = document.createElement("a")
  again.href = "/"
  again.textContent = "Sign in again"
  document.body.dataset.link = "refused"
  byId("link").replaceChildren("Signed out. ", again)
}

/** Asks for JSON; tells when nobody answers. */
export const ask = async (path) => {
  try {
    const response = await fetch(path, {
      signal: AbortSignal.timeout(patience),
      headers: { accept: "application/json" }
    })
    if (response.status === 401) refused()
    return response.ok ? await response.json() : undefined
  } catch {
    lost()
    return undefined
  }
}

/** Follows the figures as they change. */
export const follow = (path, onFigures) => {
  const source = new EventSource(path)
  source.addEventListener("message", ({ data }) => {
    heardAt = new Date()
    show("live", "live")
    onFigures(JSON.parse(data))
  })
  source.addEventListener("error", () => {
    lost()
    // A browser tries again by itself, unless the answer was an error.
    if (source.readyState !== EventSource.CLOSED) return
    void ask("/stats")
    setTimeout(() => follow(path, onFigures), 3_000)
  })
}

/** Does something again and again, while somebody looks. */
export const repeat = (every, work) => {
  const round = async () => {
    if (!document.hidden) await work()
    setTimeout(round, every)
  }
  void round()
  return () => void work()
}
