import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { json, remote } from "./Flags.ts"

const flags = {
  ...remote,
  json,
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print the figures of this moment, as it is done anyway where no terminal watches")
  )
}

/** `headgate stats` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("stats", flags, (given) =>
    Effect.flatMap(
      Effect.promise(() => import("../stats/Watch.ts")),
      ({ watch }) => watch(given, stop)
    )
  ).pipe(
    Command.withDescription("Watch the figures of a running gateway: queue, calls, circuit, latency, callers."),
    Command.withExamples([
      { command: "headgate stats", description: "Watch the gateway of this machine until Ctrl-C" },
      {
        command: "headgate stats https://gate.example.com --json",
        description: "The figures of a moment for a program"
      }
    ])
  )
