import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, Sink, Stdio } from "effect"
import { TestConsole } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"

export interface Given {
  readonly env?: Record<string, string>
  readonly stop?: Effect.Effect<void>
  /** Hears what is written to a terminal; without it, there is none. */
  readonly terminal?: (text: string) => void
  /** The same for what is written to standard error beside the lines of the console. */
  readonly stderr?: (text: string) => void
}

const sinkOf = (written: Given["terminal"]) => () =>
  Sink.forEach((part: string | Uint8Array) => Effect.sync(() => written?.(String(part))))

const stdioOf = ({ stderr, terminal }: Given) =>
  Stdio.layerTest({
    stdoutIsTerminal: Effect.succeed(terminal !== undefined),
    stdout: sinkOf(terminal),
    stderrIsTerminal: Effect.succeed(stderr !== undefined),
    stderr: sinkOf(stderr)
  })

/** Runs a command in this process, with these variables and no others. */
export const run = (args: ReadonlyArray<string>, { env = {}, stop = Effect.never, ...terminals }: Given = {}) =>
  Effect.gen(function* () {
    const code = yield* Cli.run(args, stop)
    const lines = (parts: ReadonlyArray<unknown>) => parts.map(String).join("\n")
    return { code, out: lines(yield* TestConsole.logLines), err: lines(yield* TestConsole.errorLines) }
  }).pipe(
    // Each run has lines of its own, and a terminal that hides the one of the process.
    Effect.provide(TestConsole.layer, { local: true }),
    Effect.provide(stdioOf(terminals)),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provide(NodeServices.layer)
  )
