// Plants each bug of test/mutants into a copy of the source, one by one, and asks the tests whether they see it.
//
//   npm run mutants                 all of them
//   npm run mutants -- breaker      those with the word in their name or file
//   npm run mutants -- --near       only by the tests that are named for it, which takes less time
//   npm run mutants -- --jobs 1     so many at the same time; as many as there are processors
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { mutants } from "../test/mutants/index.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: "string" }, near: { type: "boolean" } }
})
const jobs = values.jobs === undefined ? availableParallelism() : Number(values.jobs)
if (!Number.isInteger(jobs) || jobs < 1) {
  console.error(`mutants: --jobs ${values.jobs} is not a whole number from 1; for example --jobs 2`)
  process.exit(2)
}

/** A bug may make a test go round for ever; all tests together may take a while. */
const longest = { some: 180_000, all: 1_200_000 }
/** What the first tests do not see is shown to all, but those of the package, which build it anew. */
const others = ["test/package.test.ts", "test/main.test.ts", "test/examples.test.ts"]

const words = positionals.map((word) => word.toLowerCase())
const chosen = mutants.filter(({ file, name }) => {
  const text = `${name} ${file}`.toLowerCase()
  return words.length === 0 || words.some((word) => text.includes(word))
})

/** What is wrong with the list itself: nothing of it is tried then. */
const faults = () => {
  const names = new Set()
  return mutants.flatMap(({ file, find, name, tests }) => {
    const places = readFileSync(join(root, "src", file), "utf8").split(find).length - 1
    const twice = names.has(name)
    names.add(name)
    return [
      ...(places === 1 ? [] : [`${name}: its text is ${places} times in src/${file}, not once`]),
      ...(tests.length > 0 ? [] : [`${name}: no tests are named for src/${file}`]),
      ...(twice ? [`${name}: there are two of that name`] : [])
    ]
  })
}

const folders = []
const copy = () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-mutants-"))
  folders.push(folder)
  for (const part of [
    "src",
    "test",
    "examples",
    "bench",
    "docs",
    "scripts",
    "package.json",
    "tsconfig.json",
    "vitest.config.ts"
  ])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  // The tests of a copy must leave nothing behind in the modules they share.
  const config = 'import base from "./vitest.config.ts"\nexport default { ...base, cacheDir: ".cache" }\n'
  writeFileSync(join(folder, "mutants.config.ts"), config)
  return folder
}

/** Runs tests until the first that fails: undefined if none does. */
const failure = async (folder, filters) => {
  const report = join(folder, "report.json")
  rmSync(report, { force: true })
  const args = ["run", "--config", "mutants.config.ts", "--bail", "1", "--maxWorkers", "1"]
  args.push("--reporter", "json", "--outputFile", report)
  const all = filters.length === 0
  for (const file of all ? others : []) args.push("--exclude", file)
  const child = spawn(join(root, "node_modules/.bin/vitest"), [...args, ...filters], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"]
  })
  let said = ""
  child.stderr.on("data", (part) => (said = (said + part).slice(-2000)))
  let late = false
  const timer = setTimeout(
    () => {
      late = true
      process.kill(-child.pid, "SIGKILL")
    },
    longest[all ? "all" : "some"]
  )
  const code = await new Promise((resolve) => child.on("close", resolve))
  clearTimeout(timer)
  if (late && all) return { by: "all tests together", broken: "they take too long to tell" }
  if (late) return { by: "a test that never ends" }
  if (code === 0) return undefined
  let results
  try {
    results = JSON.parse(readFileSync(report, "utf8")).testResults
  } catch {
    return { by: "the end of the test process", broken: said.trim().split("\n").at(-1) }
  }
  for (const { assertionResults, message, name } of results) {
    const file = name.slice(folder.length + 1)
    const failed = assertionResults.find(({ status }) => status === "failed")
    if (failed !== undefined) return { by: `${file} > ${failed.fullName}` }
    // A file that does not even load says nothing of the bug.
    if (assertionResults.length === 0 && message) return { by: file, broken: message.split("\n")[0] }
  }
  return { by: "an error outside the tests", broken: said.trim().split("\n").at(-1) }
}

const filtersOf = ({ tests }) => tests.map((name) => `test/${name}`)

const attempt = async (folder, mutant) => {
  const path = join(folder, "src", mutant.file)
  const source = readFileSync(path, "utf8")
  const started = performance.now()
  // A function, since $ has a meaning in a replacement text.
  writeFileSync(
    path,
    source.replace(mutant.find, () => mutant.put)
  )
  let seen = await failure(folder, filtersOf(mutant))
  if (seen === undefined && mutant.survives === undefined && !values.near) seen = await failure(folder, [])
  writeFileSync(path, source)
  return { mutant, seen, seconds: (performance.now() - started) / 1000 }
}

/** Whether it went as it should, and a line to say how. */
const verdict = ({ mutant, seen, seconds }) => {
  const { file, name, survives } = mutant
  const title = `${name} (${file}, ${seconds.toFixed(1)} s)`
  if (seen?.broken !== undefined) return { good: false, line: `BROKEN    ${title}: ${seen.by}: ${seen.broken}` }
  if (seen === undefined && survives === undefined) return { good: false, line: `SURVIVED  ${title}` }
  if (seen === undefined) return { good: true, line: `survived  ${title}: ${survives}` }
  if (survives !== undefined) return { good: false, line: `UNEXPECTED  ${title}: it is caught after all: ${seen.by}` }
  return { good: true, line: `caught    ${title}: ${seen.by}` }
}

const main = async () => {
  const wrong = faults()
  if (wrong.length > 0) {
    for (const line of wrong) console.error(`mutants: ${line}`)
    return 1
  }
  if (chosen.length === 0) {
    console.error(`mutants: none has ${words.join(" or ")} in its name or file; there are ${mutants.length}`)
    return 2
  }
  const started = performance.now()
  const copies = Array.from({ length: Math.min(jobs, chosen.length) }, copy)
  console.log(`mutants: ${chosen.length} of ${mutants.length}, ${copies.length} at the same time ...`)
  const sound = await failure(copies[0], [...new Set(chosen.flatMap(filtersOf))])
  if (sound !== undefined) {
    console.error(`mutants: the tests fail without any of them: ${sound.by} ${sound.broken ?? ""}`)
    return 1
  }
  const left = [...chosen]
  const verdicts = []
  const work = async (folder) => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const result = verdict(await attempt(folder, mutant))
      verdicts.push(result)
      console.log(result.line)
    }
  }
  await Promise.all(copies.map(work))
  const bad = verdicts.filter(({ good }) => !good)
  const survived = verdicts.filter(({ good, line }) => good && line.startsWith("survived")).length
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(
    `mutants: ${verdicts.length} planted, ${verdicts.length - bad.length - survived} caught, ` +
      `${survived} survived with a reason, ${bad.length} as they must not, in ${seconds} s`
  )
  for (const { line } of bad) console.error(line)
  return bad.length === 0 ? 0 : 1
}

const clear = () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
process.on("SIGINT", () => {
  clear()
  process.exit(130)
})
process.exitCode = await main().finally(clear)
