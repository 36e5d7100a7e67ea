import { Effect } from "effect"
import { Command } from "effect/cli"
import { flags } from "../simulate/Flags.ts"
import { unless } from "../Failure.ts"

/** `headgate simulate` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("simulate", flags, (given) =>
    Effect.flatMap(
      Effect.promise(() => import("../simulate/Simulate.ts")),
      ({ simulate }) => unless(stop)(simulate(given))
    )
  ).pipe(
    Command.withDescription(
      "Ask what would happen: the real gate in front of the simulated model, an hour in about a second. " +
        "Which preset suits a load, what an incident does, what another limit would do."
    ),
    Command.withExamples([
      { command: "headgate simulate --load 10,60,180", description: "Compare the presets under three loads" },
      { command: "headgate simulate --jobs-per-min 40 --population 50 --presets", description: "Which preset suits" },
      { command: "headgate simulate --trace calls.jsonl --trace-speed 2", description: "Twice the recorded load" },
      { command: "headgate simulate --incident slow:60s..120s:3 --minutes 5", description: "A model at a third" },
      { command: "headgate simulate --preset light --error-rate 0.2", description: "A model that fails often" },
      { command: "headgate simulate --preset default --max-concurrent 6 --load 120", description: "Try another limit" }
    ])
  )
