import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, Sink, Stdio } from "effect"
import { TestConsole } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"

export interface Given {
  readonly env?: Record<string, string>
  readonly stop?: Effect.Effect<void>
  /** Hears what is written to a terminal; without it, there is none. */
  readonly terminal?: (text: string) => void
}

const stdioOf = (written: Given["terminal"]) =>
  Stdio.layerTest({
    stdoutIsTerminal: Effect.succeed(written !== undefined),
    stdout: () => Sink.forEach((part: string | Uint8Array) => Effect.sync(() => written?.(String(part))))
  })

/** Runs a command in this process, with these variables and no others. */
export const run = (args: ReadonlyArray<string>, { env = {}, stop = Effect.never, terminal }: Given = {}) =>
  Effect.gen(function* () {
    const code = yield* Cli.run(args, stop)
    const lines = (parts: ReadonlyArray<unknown>) => parts.map(String).join("\n")
    return { code, out: lines(yield* TestConsole.logLines), err: lines(yield* TestConsole.errorLines) }
  }).pipe(
    // Each run has lines of its own, and a terminal that hides the one of the process.
    Effect.provide(TestConsole.layer, { local: true }),
    Effect.provide(stdioOf(terminal)),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provide(NodeServices.layer)
  )
