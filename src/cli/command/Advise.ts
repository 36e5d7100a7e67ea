import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import * as Advice from "../../advice/Advice.ts"
import { Failure, unless } from "../Failure.ts"
import { json, remote } from "./Flags.ts"

const flags = {
  ...remote,
  json,
  check: Flag.Boolean("check").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Fail, with exit code 1, if a target is missed or the gateway is not healthy")
  )
}

type Given = Command.Command.Config.Infer<typeof flags>

const said = Effect.fnUntraced(function* (url: string, advice: Advice.Advice, { check, json }: Given) {
  yield* Console.log(json ? JSON.stringify(advice, null, 2) : Advice.text(advice).trimEnd())
  const missed = advice.targets.filter(({ met }) => !met)
  if (!check || (missed.length === 0 && advice.status === "healthy")) return
  const names = missed.map(({ name }) => name).join(", ")
  return yield* new Failure({
    message: `The gateway at ${url} is ${advice.status}${names === "" ? "" : `; targets missed: ${names}`}.`
  })
})

/** Prints the advice of a gateway. */
const advise = (given: Given) =>
  Effect.flatMap(
    Effect.promise(() => import("../GatewayClient.ts")),
    ({ use }) =>
      use(given, ({ get, url }) => Effect.flatMap(get("/advice", Advice.Advice), (advice) => said(url, advice, given)))
  )

/** `headgate advise` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("advise", flags, (given) => unless(stop)(advise(given))).pipe(
    Command.withDescription(
      "Show how a running gateway meets its targets, which limit binds, and what to change. The exit code is 0 also when targets are missed, unless --check is given."
    ),
    Command.withExamples([
      { command: "headgate advise", description: "Advice on the gateway of this machine" },
      { command: "headgate advise https://gate.example.com --check", description: "For a monitor" }
    ])
  )
