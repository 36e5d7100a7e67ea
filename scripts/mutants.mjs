// Plants bugs into a copy of the source by its syntax, one at a time, and reports which of them the tests catch.
//
//   npm run mutants                          all of src/policy and src/engine, which takes hours
//   npm run mutants -- --sample 200          so many of them, drawn by --seed (1)
//   npm run mutants -- policy/RateLimit      those in files whose path has the text
//   npm run mutants -- --only 1a2b3c         those of these names, as a report prints them
//   npm run mutants -- --list                only lists them
//   npm run mutants -- --jobs 1              so many at the same time; by default as many as there are processors
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { mutantsOf } from "./mutations.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: String(availableParallelism()) },
    list: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string", default: "1" }
  }
})

/** A mutant may wait or loop for ever: this is how long a test, the nearest tests and all of them may take. */
const limits = { test: 20_000, near: 300_000, far: 1_200_000 }
const rooms = ["src/policy", "src/engine"]

const hash = (text) => createHash("sha256").update(text).digest("hex")

/** Every mutant, with a name that stays the same while its line and what is done to it do. */
const all = rooms
  .flatMap((room) => readdirSync(join(root, room), { recursive: true }).map((name) => join(room, name)))
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8")
    const seen = new Map()
    return mutantsOf(source).map((mutant) => {
      const key = `${file} ${mutant.operator} ${mutant.before} ${mutant.after} ${mutant.text}`
      const count = (seen.get(key) ?? 0) + 1
      seen.set(key, count)
      return { ...mutant, file, name: hash(`${key} ${count}`).slice(0, 6) }
    })
  })

const chosen = (() => {
  const wanted = all.filter(
    ({ file, name }) =>
      (positionals.length === 0 || positionals.some((text) => file.includes(text))) &&
      (values.only === undefined || values.only.includes(name))
  )
  if (values.sample === undefined) return wanted
  const order = new Map(wanted.map((mutant) => [mutant, hash(`${values.seed} ${mutant.name}`)]))
  return wanted.sort((a, b) => (order.get(a) < order.get(b) ? -1 : 1)).slice(0, Number(values.sample))
})()

/** The tests of the mutant's own folder, and those that run any policy or the engine. */
const near = ({ file }) => {
  const folder = dirname(file).replace(/^src/, "test")
  return existsSync(join(root, folder)) ? [`${folder}/`] : []
}
const far = [
  "test/engine/",
  "test/policy/",
  "test/Gate.",
  "test/Drain.",
  "test/Headgate.",
  "test/Provider.",
  "test/Doors."
]
// Those that real time drives may fail on a busy machine without any bug.
const excluded = ["**/*.full.test.ts", "test/Headgate.memory.test.ts", "test/Provider.clients.test.ts"]

const folders = []

/** A copy of all that the tests need, in which a bug does no harm. */
const copy = () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-mutants-"))
  folders.push(folder)
  for (const name of ["src", "test", "docs", "examples", "package.json", "tsconfig.json", "vitest.config.ts"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction")
  return folder
}

/** What fails in the copy: a test, the time limit, or nothing. */
const failure = async (folder, filters, limit) => {
  const report = join(folder, "report.json")
  rmSync(report, { force: true })
  const args = [
    "run",
    "--bail=1",
    "--maxWorkers=1",
    `--testTimeout=${limits.test}`,
    "--reporter=json",
    `--outputFile=${report}`
  ]
  for (const pattern of excluded) args.push("--exclude", pattern)
  const child = spawn(join(root, "node_modules/.bin/vitest"), [...args, ...filters], {
    cwd: folder,
    detached: true,
    stdio: "ignore"
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    process.kill(-child.pid, "SIGKILL")
  }, limit)
  const code = await new Promise((resolve) => child.on("close", resolve))
  clearTimeout(timer)
  if (late) return "no test ends"
  if (code === 0) return undefined
  if (!existsSync(report)) return "the test process ends"
  const results = JSON.parse(readFileSync(report, "utf8")).testResults
  for (const { assertionResults, message, name } of results) {
    const file = name.slice(folder.length + 1)
    const failed = assertionResults.find(({ status }) => status === "failed")
    if (failed !== undefined) return `${file} > ${failed.fullName}`
    if (assertionResults.length === 0 && message) return `${file}: ${message.split("\n")[0]}`
  }
  return "an error outside the tests"
}

const attempt = async (folder, mutant) => {
  const path = join(folder, mutant.file)
  const source = readFileSync(path, "utf8")
  const started = performance.now()
  writeFileSync(path, source.slice(0, mutant.start) + mutant.after + source.slice(mutant.end))
  const filters = near(mutant)
  let by = filters.length === 0 ? undefined : await failure(folder, filters, limits.near)
  by ??= await failure(folder, far, limits.far)
  writeFileSync(path, source)
  return { mutant, by, seconds: (performance.now() - started) / 1000 }
}

const shortened = (text) => text.replace(/\s+/g, " ").slice(0, 60)
const titleOf = ({ after, before, file, line, name, operator }) =>
  `${name} ${file}:${line} ${operator}: ${shortened(before)} -> ${shortened(after) || "nothing"}`

const share = (results) => {
  const caught = results.filter(({ by }) => by !== undefined).length
  return `${caught} of ${results.length} caught, ${((100 * caught) / results.length).toFixed(1)} %`
}

const main = async () => {
  if (values.list) {
    for (const mutant of chosen) console.log(titleOf(mutant))
    console.log(`mutants: ${chosen.length} of ${all.length}`)
    return 0
  }
  if (chosen.length === 0) {
    console.error(`mutants: none is chosen; there are ${all.length}`)
    return 2
  }
  const started = performance.now()
  const copies = Array.from({ length: Math.min(Number(values.jobs), chosen.length) }, copy)
  console.log(`mutants: ${chosen.length} of ${all.length}, ${copies.length} at the same time ...`)
  const sound = await failure(copies[0], far, limits.far)
  if (sound !== undefined) {
    console.error(`mutants: a test fails without any: ${sound}`)
    return 1
  }
  const left = [...chosen]
  const results = []
  const work = async (folder) => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const result = await attempt(folder, mutant)
      results.push(result)
      const title = `${titleOf(mutant)} (${result.seconds.toFixed(1)} s)`
      console.log(result.by === undefined ? `SURVIVED  ${title}` : `caught    ${title}: ${result.by}`)
    }
  }
  await Promise.all(copies.map(work))
  for (const room of rooms) {
    const inRoom = results.filter(({ mutant }) => mutant.file.startsWith(room))
    if (inRoom.length > 0) console.log(`mutants: ${room}: ${share(inRoom)}`)
  }
  const survivors = results.filter(({ by }) => by === undefined)
  for (const { mutant } of survivors) console.log(`survived  ${titleOf(mutant)}`)
  console.log(`mutants: ${share(results)}, in ${Math.round((performance.now() - started) / 1000)} s`)
  return 0
}

const clear = () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
process.on("SIGINT", () => {
  clear()
  process.exit(130)
})
process.exitCode = await main().finally(clear)
