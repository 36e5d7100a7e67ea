import { byId, say } from "./dom.js"
import * as format from "./format.js"

const words = { closed: "Closed", open: "Open", "half-open": "Half-open" }

let state = "closed"
let probeAt = Infinity

const count = () => {
  const rest = probeAt - performance.now()
  const next = {
    closed: "",
    open: rest > 0 ? `probe in ${format.time(Math.ceil(rest / 1000) * 1000)}` : "probe due",
    "half-open": "probing"
  }
  say(byId("circuit-next"), next[state])
}

/** Shows the breaker, and counts down to its next probe. */
export const draw = (breaker) => {
  state = breaker.state
  probeAt = breaker.retryAfterMs === null ? Infinity : performance.now() + breaker.retryAfterMs
  byId("circuit").dataset.state = state
  say(byId("circuit-state"), words[state])
  count()
}

setInterval(count, 250)
