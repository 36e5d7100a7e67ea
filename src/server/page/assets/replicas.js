import { byId, fill } from "./dom.js"
import * as format from "./format.js"

const tones = { healthy: "", degraded: "fair", unhealthy: "bad" }

const rowOf = (name, { health, queue, rate, requests }, seen) => ({
  cells: [
    name,
    health.status,
    `${format.count(queue.activeRequests)} ${format.of(queue.maxConcurrent)}`,
    format.count(queue.queueSize),
    format.count(rate.startsLastSecond),
    format.count(requests.total),
    requests.total > 0 ? format.share(requests.successRate) : "–",
    seen
  ],
  tone: tones[health.status]
})

/** Makes the rows of the table: all replicas together, then each, this one first. */
export const rows = (cluster) => [
  rowOf("all", cluster, ""),
  ...cluster.replicas.map(({ figures, id, seen }, index) =>
    rowOf(index === 0 ? `${id.slice(0, 8)} (this one)` : id.slice(0, 8), figures, format.moment(new Date(seen)))
  )
]

/** Shows each replica, where there are several. */
export const draw = (cluster) => {
  byId("replicas-section").hidden = cluster.replicas.length < 2
  fill(byId("replicas"), rows(cluster))
}
