import { Effect } from "effect"
import { Command } from "effect/cli"
import { flags } from "../simulate/Flags.ts"
import { unless } from "../Interrupted.ts"

/** `headgate simulate` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("simulate", flags, (given) =>
    Effect.flatMap(
      Effect.promise(() => import("../simulate/Simulation.ts")),
      ({ simulate }) => unless(stop)(simulate(given))
    )
  ).pipe(
    Command.withDescription(
      "Ask what would happen: the real gate in front of the simulated model, an hour in a second of virtual time."
    ),
    Command.withExamples([
      { command: "headgate simulate --load 10,60,180", description: "Compare the presets under three loads" },
      { command: "headgate simulate --preset light --error-rate 0.2", description: "A model that fails often" },
      { command: "headgate simulate --preset default --max-concurrent 6 --load 120", description: "Try another limit" }
    ])
  )
