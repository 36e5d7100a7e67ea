import * as advice from "./advice.js"
import * as calls from "./calls.js"
import * as charts from "./charts.js"
import * as circuit from "./circuit.js"
import { byId, say } from "./dom.js"
import * as figures from "./figures.js"
import * as format from "./format.js"
import { append, latest } from "./history.js"
import { ask, follow, repeat } from "./link.js"
import * as replicas from "./replicas.js"

const status = { healthy: "Healthy", degraded: "Degraded", unhealthy: "Unhealthy" }

// A gateway that has just begun would show a hair at the edge.
const leastSpan = 120

let now
let columns = {}
let frame

const advise = repeat(4_000, async () => {
  const found = await ask("advice")
  if (found !== undefined) advice.draw(found, now?.requests.total === 0)
})

const range = () => Number(document.querySelector("[name=range]:checked").value)

const chart = () => {
  const seconds = range()
  const [first, end] = [columns.time[0] / 1000, columns.time.at(-1) / 1000]
  const span = Math.min(seconds, Math.max(leastSpan, end - first))
  charts.draw(latest(columns, seconds, span > 600 ? 60 : 5), [end - span, end], now)
}

repeat(2_000, async () => {
  const more = await ask(`stats/history?since=${columns.time?.at(-1) ?? 0}`)
  if (more === undefined) return
  columns = append(columns, more)
  if (columns.time?.length > 0) chart()
})

repeat(4_000, async () => {
  const recent = await ask("stats/recent")
  if (recent !== undefined) calls.draw(recent.calls)
})

repeat(2_000, async () => {
  const cluster = await ask("stats?scope=cluster")
  if (cluster !== undefined) replicas.draw(cluster)
})

for (const input of document.querySelectorAll("[name=range]")) {
  input.addEventListener("change", () => columns.time?.length > 0 && chart())
}

const draw = () => {
  frame = undefined
  const { health, requests } = now
  figures.draw(now)
  circuit.draw(now.circuitBreaker)
  document.body.dataset.health = health.status
  document.title = `${status[health.status]} · headgate`
  say(byId("status"), status[health.status])
  say(byId("since"), `since ${format.moment(new Date(health.since))}`)
  if (requests.total === 0) byId("connect").open = true
}

follow("stats/stream", (latest) => {
  const isNews = latest.health.status !== now?.health.status || now.requests.total === 0
  now = latest
  if (isNews) advise()
  frame ??= requestAnimationFrame(draw)
})

// Behind a proxy the page may stand under a prefix, which only the browser knows.
const base = new URL("v1", document.baseURI).href
say(byId("base"), base)
const isGuarded = !document.querySelector('form[action="logout"]').hidden
say(
  byId("curl"),
  [
    `curl ${base}/chat/completions`,
    ...(isGuarded ? ['-H "authorization: Bearer $HEADGATE_KEY"'] : []),
    '-H "content-type: application/json"',
    `-d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Why do queues need a bound?"}]}'`
  ].join(" \\\n  ")
)
