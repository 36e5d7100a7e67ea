import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { InvalidSettings } from "../../config/Settings.ts"
import * as Settings from "../../config/Settings.ts"
import { Failure } from "../Failure.ts"
import * as Report from "../Report.ts"
import { table } from "../Format.ts"
import { json } from "./Json.ts"

const lines = (settings: Settings.Settings): ReadonlyArray<string> => [
  ...table(
    settings.inForce.map(({ name, source, value = "none" }) => [name, value, source]),
    "texts"
  ),
  ...Report.warnings(settings)
]

const told = ({ inForce, unknown }: Settings.Settings) => ({
  variables: inForce.map(({ name, source, value = null }) => ({ name, value, source })),
  unknown
})

const print = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

/** Shows what is in force, or every value that is not allowed. */
const config = Effect.fnUntraced(function* (given: { readonly json: boolean }) {
  const settings = yield* Settings.config.pipe(
    Effect.tapError((error) =>
      given.json && error instanceof InvalidSettings ? print({ problems: error.problems }) : Effect.void
    ),
    Effect.mapError(({ message }) => new Failure({ message }))
  )
  yield* given.json ? print(told(settings)) : Console.log(lines(settings).join("\n"))
})

/** `headgate config` */
export const command = Command.make("config", { json }, config).pipe(
  Command.withDescription("Show each setting in force and where it came from: the environment, a preset or a default."),
  Command.withExamples([
    { command: "LLM_PRESET=heavy headgate config", description: "See what a preset sets" },
    { command: "headgate config --json", description: "The same for programs" }
  ])
)
