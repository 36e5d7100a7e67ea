import { ConfigProvider, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { factsOf, type Field } from "../../config/Field.ts"
import * as Table from "../../config/Table.ts"
import { variableFlag } from "./Flags.ts"

const { host, port } = Table.address

/** The flags of `headgate serve`, and of `headgate` alone. */
export const flags = {
  host: variableFlag("host", host, "Address to listen on; HOST, or 127.0.0.1", "address"),
  port: variableFlag("port", port, "Port to listen on, 0 for any that is free; PORT, or 3000")
}

type Given = Command.Command.Config.Infer<typeof flags>

const variableOf = <A>(row: Field<A>, given: Option.Option<A>) =>
  Option.toArray(given).map((value) => [factsOf(row).env!, String(value)] as const)

/** Puts flags before the variables they stand for. */
const preferring = (given: Given) => {
  const variables = Object.fromEntries([...variableOf(host, given.host), ...variableOf(port, given.port)])
  return Effect.updateService(ConfigProvider.ConfigProvider, (environment) =>
    ConfigProvider.orElse(ConfigProvider.fromEnvRecord(variables), environment)
  )
}

/** Serves until a signal stops it. */
export const serve = (given: Given, stop: Effect.Effect<void>) =>
  Effect.flatMap(
    Effect.promise(() => import("../Serve.ts")),
    ({ run }) => run(stop)
  ).pipe(preferring(given))

/** `headgate serve` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("serve", flags, (given) => serve(given, stop)).pipe(
    Command.withDescription(
      "Serve the gateway, its figures, the dashboard and the agents, with the settings of the environment."
    ),
    Command.withExamples([
      { command: "headgate serve --port 4000", description: "Serve on port 4000" },
      { command: "OPENAI_API_KEY=... headgate serve", description: "Serve in front of OpenAI" }
    ])
  )
