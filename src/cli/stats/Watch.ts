import { Console, Effect, Ref, Schedule, Stdio, Stream } from "effect"
import { Snapshot } from "../../stats/Snapshot.ts"
import * as GatewayClient from "../GatewayClient.ts"
import { unless } from "../Failure.ts"
import * as Screen from "./Screen.ts"
import { type Colors, colors } from "./View.ts"
import * as View from "./View.ts"

export interface Options extends GatewayClient.Options {
  readonly json: boolean
  readonly once: boolean
}

// As the gateway asks browsers to.
const pause = "2 seconds"

const once = Effect.fnUntraced(function* ({ get, url }: GatewayClient.GatewayClient, json: boolean, colors: Colors) {
  const snapshot = yield* get("/stats", Snapshot)
  yield* Console.log(json ? JSON.stringify(snapshot, null, 2) : View.lines(snapshot, url, colors).join("\n"))
})

/** Draws the figures whenever they change. A gateway that is lost after it has answered is waited for. */
const live = Effect.fnUntraced(function* ({ follow, get, url }: GatewayClient.GatewayClient, colors: Colors) {
  const last = yield* Ref.make(yield* get("/stats", Snapshot))
  const draw = yield* Screen.make
  const show = (note: string) =>
    Effect.flatMap(Ref.get(last), (snapshot) => draw([...View.lines(snapshot, url, colors), "", note]))
  const following = Stream.runForEach(follow("/stats/stream", Snapshot), (snapshot) =>
    Effect.andThen(Ref.set(last, snapshot), show(colors.faint("Ctrl-C ends")))
  )
  return yield* following.pipe(
    Effect.andThen(show(colors.bad("The gateway has closed the stream; trying again."))),
    Effect.catch(({ message }) => show(colors.bad(`${message} Trying again.`))),
    Effect.repeat(Schedule.spaced(pause))
  )
}, Effect.scoped)

/** Shows the figures of a gateway: live on a terminal until a signal stops it, else once. */
export const watch = Effect.fnUntraced(function* (options: Options, stop: Effect.Effect<void>) {
  const colours = yield* colors
  const terminal = yield* Effect.flatMap(Stdio.Stdio, ({ stdoutIsTerminal }) => stdoutIsTerminal)
  return yield* GatewayClient.use(options, (gateway) =>
    options.once || options.json || !terminal
      ? unless(stop)(once(gateway, options.json, colours))
      : Effect.raceFirst(Effect.asVoid(live(gateway, colours)), stop)
  )
})
