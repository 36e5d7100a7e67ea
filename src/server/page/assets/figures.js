import { byId, fill, say } from "./dom.js"
import * as format from "./format.js"

const formats = { count: format.count, number: format.number, share: format.share, time: format.time }

const fields = [...document.querySelectorAll("[data-at]")]
const limits = [...document.querySelectorAll("[data-of]")]
const meters = Object.fromEntries(
  [...document.querySelectorAll("[data-meter]")].map((meter) => [meter.dataset.meter, meter])
)

// A meter of a larger limit is one bar, not a piece for each permit.
const mostPieces = 24

const valueAt = (figures, path) => path.split(".").reduce((part, key) => part?.[key], figures)

const drawMeter = (meter, value, most, tone) => {
  const pieces = meter.dataset.meter !== "queue" && most !== null && most <= mostPieces ? Math.ceil(most) : 1
  while (meter.children.length < pieces) meter.append(document.createElement("i"))
  while (meter.children.length > pieces) meter.lastChild.remove()
  const filled = most === null ? 0 : Math.min(1, value / Math.max(1e-9, most)) * pieces
  ;[...meter.children].forEach((piece, index) => {
    piece.style.setProperty("--fill", `${Math.max(0, Math.min(1, filled - index)) * 100}%`)
  })
  meter.dataset.tone = tone
  meter.setAttribute("aria-valuemin", 0)
  meter.setAttribute("aria-valuenow", value)
  meter.setAttribute("aria-valuetext", `${value} ${format.of(most)}`)
  if (most === null) meter.removeAttribute("aria-valuemax")
  else meter.setAttribute("aria-valuemax", most)
}

const names = {
  succeeded: "succeeded",
  failed: "failed",
  timedOut: "timed out",
  rejected: "refused",
  cancelled: "caller left"
}
const reasons = {
  QueueFull: "queue full",
  CircuitOpen: "circuit open",
  RateLimited: "rate limited",
  DeadlineExceeded: "could not start in time",
  NeverAdmissible: "larger than any limit",
  ShuttingDown: "shutting down"
}

const rows = (labels, counts, whole) =>
  Object.entries(labels).map(([key, label]) => ({
    cells: [label, format.count(counts[key]), whole > 0 ? format.share(counts[key] / whole) : ""],
    tone: counts[key] === 0 ? "none" : ""
  }))

const drawTables = ({ callers, requests }) => {
  fill(byId("ends"), rows(names, requests, requests.total - requests.inFlight))
  fill(byId("refusals"), rows(reasons, requests.rejections, requests.rejected))
  const busiest = callers.map(({ caller, inFlight, rejected, total }) => ({
    cells: [caller, format.count(total), format.count(inFlight), format.count(rejected)]
  }))
  fill(byId("callers"), busiest, "none yet")
}

const circuitTones = { closed: "", open: "bad", "half-open": "fair" }

/** Shows each endpoint, where there are several. */
const drawEndpoints = (all = []) => {
  byId("endpoints-section").hidden = all.length === 0
  const shown = all.map(({ circuitBreaker, draining, latency, name, queue, requests }) => ({
    cells: [
      name,
      draining ? "draining" : circuitBreaker.state,
      `${format.count(queue.activeRequests)} ${format.of(queue.maxConcurrent)}`,
      format.count(queue.queueSize),
      format.count(requests.total),
      requests.total > 0 ? format.share(requests.successRate) : "–",
      format.time(latency.p50)
    ],
    tone: circuitTones[circuitBreaker.state]
  }))
  fill(byId("endpoints"), shown, "none")
}

const toneOf = (fill) => (fill > 0.9 ? "bad" : fill > 0.5 ? "fair" : "")

/** Shows a snapshot of the stats. */
export const draw = (figures) => {
  const { circuitBreaker, queue, rate } = figures
  for (const field of fields) say(field, formats[field.dataset.as ?? "count"](valueAt(figures, field.dataset.at)))
  for (const limit of limits) say(limit, format.of(valueAt(figures, limit.dataset.of)))
  drawMeter(meters.queue, queue.queueSize, queue.maxSize, toneOf(queue.queueSize / (queue.maxSize || Infinity)))
  drawMeter(meters.running, queue.activeRequests, queue.maxConcurrent, "")
  drawMeter(meters.pace, rate.startsLastSecond, rate.perSecond, "")
  const { failures, maxFailures, state } = circuitBreaker
  drawMeter(meters.circuit, failures, maxFailures, state === "closed" ? (failures > 0 ? "fair" : "") : "bad")
  drawTables(figures)
  drawEndpoints(figures.endpoints)
  const { failed, succeeded, timedOut } = figures.requests
  say(byId("success"), succeeded + failed + timedOut > 0 ? format.share(figures.requests.successRate) : "–")
  say(byId("failures"), format.count(failed + timedOut))
  say(byId("uptime"), `${format.time(figures.uptimeMs)} ago`)
}
