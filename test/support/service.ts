import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

export interface Service {
  readonly child: ChildProcess
  /** Waits until the output so far matches. */
  readonly says: (pattern: RegExp) => Effect.Effect<RegExpMatchArray>
  /** Waits until what it wrote to standard error so far matches. */
  readonly notes: (pattern: RegExp) => Effect.Effect<RegExpMatchArray>
  readonly ends: Effect.Effect<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** Starts a command, or the service, with these variables and no others. */
export const start = (variables: Record<string, string>, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Service => {
      const { NODE_COMPILE_CACHE } = process.env
      const env = { NODE_COMPILE_CACHE, PORT: "0", POPULATION_SIZE: "0", ...variables }
      const child = spawn(process.execPath, [main, ...args], { env })
      const output = { out: "", err: "" }
      child.stdout.on("data", (part: Buffer) => (output.out += part.toString()))
      child.stderr.on("data", (part: Buffer) => (output.err += part.toString()))
      const ended = once(child, "close")
      const until = (stream: "out" | "err", source: Readable) => (pattern: RegExp) =>
        Effect.promise(async () => {
          let over = false
          void ended.then(() => (over = true))
          for (;;) {
            const match = output[stream].match(pattern)
            if (match !== null) return match
            if (over) throw new Error(`the process ended without ${pattern}: ${output.out}${output.err}`)
            await Promise.race([once(source, "data"), ended])
          }
        })
      return {
        child,
        says: until("out", child.stdout),
        notes: until("err", child.stderr),
        ends: Effect.promise(async () => ({ code: (await ended)[0] as number | null, ...output }))
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

export const ready = (service: Service) => Effect.map(service.says(/http:\/\/[\d.]+:\d+/), ([url]) => url)

export const get = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))
