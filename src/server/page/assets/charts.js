/* global uPlot */
import { byId, make, say } from "./dom.js"
import * as format from "./format.js"

const charts = [
  {
    title: "Calls per second",
    format: format.number,
    series: [
      { name: "arrive", column: "arrivals", tone: "--soft" },
      { name: "start", column: "starts", tone: "--accent", fill: true }
    ],
    limit: ({ rate }) => rate.perSecond
  },
  {
    title: "Queue and running",
    format: format.number,
    series: [
      { name: "wait", column: "queueSize", tone: "--accent", fill: true },
      { name: "run", column: "activeRequests", tone: "--second" }
    ]
  },
  {
    title: "Latency",
    format: format.time,
    least: 100,
    series: [
      { name: "p50", column: "latencyP50", tone: "--accent" },
      { name: "p95", column: "latencyP95", tone: "--third" }
    ]
  },
  {
    title: "Completions per second",
    format: format.number,
    series: [
      { name: "succeeded", column: "succeeded", tone: "--good", fill: true },
      {
        name: "failed",
        of: ({ failed, timedOut }) => failed.map((value, index) => value + timedOut[index]),
        tone: "--bad"
      },
      { name: "refused", column: "rejected", tone: "--fair" }
    ]
  }
]

const height = 190

const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const faint = (color, share) => `color-mix(in srgb, ${color} ${share * 100}%, transparent)`

// Breaks are those in which nothing came for a while; between calls that come seldom the line goes on.
const longBreaks = (plot, _series, _from, _to, gaps) => {
  const [first = 0, last = 0] = [plot.data[0][0], plot.data[0].at(-1)]
  const pixels = (plot.bbox.width / Math.max(1, last - first)) * Math.max(30, (last - first) / 20)
  return gaps.filter(([from, to]) => to - from > pixels)
}

// Where the circuit was open, behind the lines.
const shade = (plot, circuit) => {
  const { ctx, bbox, data } = plot
  circuit.forEach((state, index) => {
    if (state === "closed" || index === 0) return
    const from = plot.valToPos(data[0][index - 1], "x", true)
    const to = plot.valToPos(data[0][index], "x", true)
    ctx.fillStyle = faint(tone(state === "open" ? "--bad" : "--fair"), 0.14)
    ctx.fillRect(from, bbox.top, to - from, bbox.height)
  })
}

const rule = (plot, value) => {
  if (value === null || value === undefined || value > plot.scales.y.max) return
  const { ctx, bbox } = plot
  const y = Math.round(plot.valToPos(value, "y", true)) + 0.5
  ctx.save()
  ctx.strokeStyle = tone("--soft")
  ctx.setLineDash([4, 4])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}

// Steps under a minute need seconds.
const clock = (_plot, splits, _axis, _space, step) =>
  splits.map((at) => format.moment(at * 1000).slice(0, step < 60 ? undefined : 5))

const axis = (size, values) => ({
  stroke: tone("--soft"),
  font: "12px system-ui, sans-serif",
  grid: { stroke: tone("--line"), width: 1 },
  ticks: { show: false },
  size,
  ...(values && { values: (_plot, splits) => splits.map(values) })
})

/** A chart in its figure, with a key that tells the values under the pointer, or else the latest. */
const build = ({ format: write, least = 1, limit, series, title }) => {
  const keys = series.map(({ tone: color }) => {
    const line = make("i", { "aria-hidden": "true" })
    line.style.setProperty("--tone", `var(${color})`)
    return { line, value: make("b") }
  })
  const caption = make(
    "figcaption",
    {},
    make("h3", {}, title),
    ...series.map(({ name }, index) => make("span", { class: "key" }, keys[index].line, name, keys[index].value))
  )
  const most = { value: make("b") }
  const limitKey = make(
    "span",
    { class: "key", hidden: "" },
    make("i", { class: "limit", "aria-hidden": "true" }),
    "limit",
    most.value
  )
  caption.append(limitKey)
  const canvas = make("div", { "aria-hidden": "true" })
  byId("charts").append(make("figure", { class: "card chart" }, caption, canvas))
  let plot
  let shown = { data: [[]], circuit: [], most: undefined, range: [0, 1] }

  const tell = () => {
    const index = plot?.cursor.idx ?? shown.data[0].length - 1
    keys.forEach(({ value }, of) => say(value, write(shown.data[of + 1]?.[index])))
    limitKey.hidden = (shown.most ?? null) === null
    say(most.value, write(shown.most))
  }

  const options = () => ({
    width: canvas.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: { y: false, sync: { key: "headgate" }, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { range: () => shown.range },
      y: { range: (_plot, _least, most) => [0, Math.max(least, (most ?? 0) * 1.1)] }
    },
    axes: [
      { ...axis(28), space: 80, values: clock },
      { ...axis(56, write), space: 44 }
    ],
    series: [
      {},
      ...series.map(({ fill, name, tone: color }) => ({
        label: name,
        stroke: tone(color),
        width: 1.75,
        points: { show: (_plot, _series, from, to) => to - from < 8, size: 4 },
        gaps: longBreaks,
        ...(fill && { fill: faint(tone(color), 0.12) })
      }))
    ],
    hooks: {
      drawClear: [(self) => shade(self, shown.circuit)],
      draw: [(self) => rule(self, shown.most)],
      setCursor: [tell]
    }
  })

  const build = () => {
    plot?.destroy()
    plot = new uPlot(options(), shown.data, canvas)
  }

  return {
    recolour: () => plot && build(),
    resize: () => plot?.setSize({ width: canvas.clientWidth, height }),
    draw: (columns, range, figures) => {
      const data = [columns.time, ...series.map(({ column, of }) => (of ? of(columns) : columns[column]))]
      shown = { data, circuit: columns.circuit, most: figures && limit?.(figures), range }
      if (plot === undefined) build()
      else plot.setData(data)
      tell()
    }
  }
}

const built = charts.map(build)

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => built.forEach((chart) => chart.recolour()))
new ResizeObserver(() => built.forEach((chart) => chart.resize())).observe(byId("charts"))

/** Draws the charts over a range of time, in seconds since 1970. */
export const draw = (columns, range, figures) => built.forEach((chart) => chart.draw(columns, range, figures))
