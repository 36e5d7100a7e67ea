import { Config, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import * as Url from "../Url.ts"

/** Which gateway a command speaks to. */
export const remote = {
  url: Argument.String("url").pipe(
    Argument.filterMap(
      (text) => Option.fromUndefinedOr(Url.parse(text)),
      () => "an http or https address of a gateway, such as http://127.0.0.1:3000"
    ),
    Argument.optional,
    Argument.withDescription("Where the gateway listens; from HOST and PORT, or http://127.0.0.1:3000")
  ),
  key: Flag.Redacted("key").pipe(
    Flag.withMetavar("key"),
    Flag.withFallbackConfig(Config.Redacted("HEADGATE_API_KEY")),
    Flag.optional,
    Flag.withDescription("Key, if the gateway asks for one; HEADGATE_API_KEY, which no list of processes shows")
  )
}
