// What headgate's gateway costs beside a bare proxy: CPU a request and a chunk, added time, memory, start.
//   node bench/gateway/main.ts [--quick] [--rounds=5] [part of a subject's name ...]
// Portkey runs beside it, without streams, where PORTKEY names the file build/start-server.js of @portkey-ai/gateway:
// its version 1.15.2 answers 500 to streams from an endpoint by x-portkey-custom-host ("immutable").
// Subjects run in turn within a round, each in a process of its own; ratios are medians of those within a round.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const [quick, wanted] = [process.argv.includes("--quick"), process.argv.slice(2).filter((arg) => !arg.startsWith("--"))]
const asked = process.argv.find((arg) => arg.startsWith("--rounds="))?.slice("--rounds=".length)
const rounds = Number(asked ?? (quick ? 1 : 5))
const chunks = 100

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly readyMs: number
  readonly idleMb: number
}

const start = async (file: string, args: ReadonlyArray<string>, env: Record<string, string>): Promise<Running> => {
  const begin = performance.now()
  const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, ...env } })
  child.stderr.pipe(process.stderr)
  // It is read to its end: a subject that goes on writing must not find the pipe closed.
  const url = await new Promise<string>((resolve, reject) => {
    let out = ""
    child.stdout.on("data", (part) => {
      out += String(part)
      const found = /http:\/\/(?:127\.0\.0\.1|localhost):(\d+(?:\/v1)?)/.exec(out)?.[1]
      if (found !== undefined) resolve(`http://127.0.0.1:${found}`)
    })
    child.on("close", () => reject(new Error(`${file} did not start: ${out}`)))
  })
  return { child, url, readyMs: performance.now() - begin, idleMb: memory(child) }
}

const stop = async ({ child }: Running) => {
  child.kill("SIGKILL")
  await once(child, "close")
}

/** CPU milliseconds that a process has used, by Linux's count. */
const cpu = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) * (1000 / ticks)
}
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }))

const memory = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024

interface Figures {
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
}

const load = async (subject: Running, connections: number, requests: number, stream: boolean): Promise<Figures> => {
  const args = [path("load.ts"), subject.url, upstream.url, String(connections), String(requests), String(stream)]
  const child = spawn(process.execPath, args)
  child.stderr.pipe(process.stderr)
  let out = ""
  let before = 0
  for await (const part of child.stdout) {
    out += String(part)
    if (before === 0 && out.includes("warm")) {
      before = cpu(subject.child)
      child.stdin.write("go\n")
    }
  }
  const used = cpu(subject.child) - before
  const figures = JSON.parse(out.slice(out.indexOf("{"))) as Omit<Figures, "cpu">
  return { ...figures, cpu: (1000 * used) / requests }
}

const unlimited = {
  LLM_MAX_CONCURRENT_REQUESTS: "unlimited",
  LLM_REQUESTS_PER_SECOND: "unlimited",
  LLM_MAX_QUEUE_SIZE: "100000",
  POPULATION_SIZE: "0",
  PORT: "0"
}
const built = path("../../dist/main.js")

type Subject = readonly [name: string, file: string, args: ReadonlyArray<string>, env: Record<string, string>]
const { PORTKEY: portkey } = process.env

const subjects: ReadonlyArray<Subject> = [
  ["bare proxy", path("bare.ts"), [], {}],
  ["headgate", existsSync(built) ? built : path("../../src/main.ts"), ["serve"], unlimited],
  ["Effect's HttpRouter", path("router.ts"), [], {}],
  ...(portkey === undefined ? [] : [["Portkey", portkey, ["--headless", "--port=8787"], {}] as const])
]

const scenarios = [
  { name: "JSON, 1 connection", connections: 1, requests: quick ? 500 : 2000, stream: false },
  { name: "JSON, 50 connections", connections: 50, requests: quick ? 2000 : 10000, stream: false },
  { name: "JSON, 500 connections", connections: 500, requests: quick ? 2000 : 10000, stream: false },
  { name: "SSE, 50 connections", connections: 50, requests: quick ? 200 : 1000, stream: true }
]

const median = (values: ReadonlyArray<number>) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const range = (values: ReadonlyArray<number>, digits = 0) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}..${Math.max(...values).toFixed(digits)})`

const upstream = await start(path("upstream.ts"), [], {})
const chosen = subjects.filter(
  ([name], i) => i === 0 || wanted.length === 0 || wanted.some((part) => name.includes(part))
)
const taken = new Map<string, Array<Figures>>()
const starts = new Map<string, Array<Running>>()
const keep = <A>(map: Map<string, Array<A>>, key: string, value: A) => map.set(key, [...(map.get(key) ?? []), value])
for (let round = 0; round < rounds; round++) {
  for (const [name, file, args, env] of chosen) {
    const running = await start(file, args, { ...env, OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: "key" })
    keep(starts, name, running)
    for (const { connections, name: scenario, requests, stream } of scenarios) {
      if (stream && name === "Portkey") continue
      keep(taken, `${scenario}|${name}`, await load(running, connections, requests, stream))
    }
    await stop(running)
  }
  process.stderr.write(`\rround ${round + 1} of ${rounds}   `)
}
process.stderr.write("\n")

for (const { name: scenario, stream } of scenarios) {
  const bare = taken.get(`${scenario}|bare proxy`)!
  const unit = stream ? chunks : 1
  console.log(`\n## ${scenario}\n`)
  console.log(
    `| | CPU µs a ${stream ? "chunk" : "request"} | × bare | added p50 ms | added p99 ms | requests/s | × bare |\n|---|---|---|---|---|---|---|`
  )
  for (const [name] of chosen) {
    const own = taken.get(`${scenario}|${name}`)
    if (own === undefined) continue
    const per = (of: (figures: Figures) => number) => own.map((figures, i) => of(figures) / of(bare[i]!))
    const over = (of: (figures: Figures) => number) => own.map((figures, i) => of(figures) - of(bare[i]!))
    const columns = [
      range(
        own.map(({ cpu }) => cpu / unit),
        stream ? 1 : 0
      ),
      range(
        per(({ cpu }) => cpu),
        2
      ),
      range(
        over(({ p50 }) => p50),
        2
      ),
      range(
        over(({ p99 }) => p99),
        1
      ),
      range(own.map(({ perSecond }) => perSecond)),
      range(
        per(({ perSecond }) => perSecond),
        2
      )
    ]
    console.log(`| ${name} | ${columns.join(" | ")} |`)
  }
}
console.log("\n## Start and memory\n\n| | ready ms | RSS MiB idle |\n|---|---|---|")
for (const [name] of chosen) {
  const runs = starts.get(name)!
  console.log(`| ${name} | ${range(runs.map(({ readyMs }) => readyMs))} | ${range(runs.map(({ idleMb }) => idleMb))} |`)
}
await stop(upstream)
