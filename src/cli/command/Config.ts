import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as EndpointsFile from "../../config/EndpointsFile.ts"
import { InvalidSettings } from "../../config/Settings.ts"
import * as Settings from "../../config/Settings.ts"
import { Failure, WrongUsage } from "../Failure.ts"
import * as Report from "../Report.ts"
import { table } from "../Format.ts"
import { json } from "./Flags.ts"

/** What holds where a variable has no value. */
const standInOf = (name: string, { configFile, simulated }: Settings.Settings): string => {
  if (name === "LOG_FORMAT") return "pretty on a terminal, else json"
  return name === "OPENAI_BASE_URL" && !simulated && configFile === undefined ? Report.usualUrl : "none"
}

const lines = (settings: Settings.Settings): ReadonlyArray<string> => [
  ...table(
    settings.inForce.map(({ name, source, value = standInOf(name, settings) }) => [name, value, source]),
    "texts"
  ),
  ...Report.warnings(settings)
]

const told = ({ inForce, unknown }: Settings.Settings) => ({
  variables: inForce.map(({ name, source, value = null }) => ({ name, value, source })),
  unknown
})

const print = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

const flags = {
  json,
  check: Flag.Boolean("check").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Check the file of endpoints: its mistakes are shown with their lines, and the exit code is 1")
  ),
  file: Argument.String("file").pipe(
    Argument.optional,
    Argument.withDescription("The file that --check reads; HEADGATE_CONFIG else")
  )
}

type Given = Command.Command.Config.Infer<typeof flags>

const noFile = new WrongUsage({
  command: "headgate config",
  problems: [{ name: "--check", value: "true", allowed: "only with a file, or where HEADGATE_CONFIG names one" }]
})

/** Says whether a file of endpoints is right, or everything that is wrong with it. */
const check = Effect.fnUntraced(function* (settings: Settings.Settings, { file: named, json }: Given) {
  const file = Option.getOrElse(named, () => settings.configFile)
  if (file === undefined) return yield* noFile
  const { endpoints } = yield* EndpointsFile.read(file, EndpointsFile.surroundingsOf(settings)).pipe(
    Effect.tapError(({ problems }) => (json ? print({ file, problems }) : Effect.void)),
    Effect.mapError(({ message }) => new Failure({ message }))
  )
  const names = endpoints.map(({ name }) => name)
  yield* json ? print({ file, problems: [], endpoints: names }) : Console.log(`${file} is right: ${names.join(", ")}.`)
})

/** Shows what is in force, or every value that is not allowed. */
const config = Effect.fnUntraced(function* (given: Given) {
  const settings = yield* Settings.config.pipe(
    Effect.tapError((error) =>
      given.json && error instanceof InvalidSettings ? print({ problems: error.problems }) : Effect.void
    ),
    Effect.mapError(({ message }) => new Failure({ message }))
  )
  if (given.check || Option.isSome(given.file)) return yield* check(settings, given)
  yield* given.json ? print(told(settings)) : Console.log(lines(settings).join("\n"))
})

/** `headgate config` */
export const command = Command.make("config", flags, config).pipe(
  Command.withDescription("Show each setting in force and where it came from: the environment, a preset or a default."),
  Command.withExamples([
    { command: "LLM_PRESET=heavy headgate config", description: "See what a preset sets" },
    { command: "headgate config --json", description: "The same for programs" },
    { command: "headgate config --check headgate.json", description: "Check a file of several endpoints" }
  ])
)
