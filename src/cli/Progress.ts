import { Effect, Option, Stdio, Stream } from "effect"

const clear = "\r\u001b[2K"
const pause = "100 millis"

/** Shows a line on a terminal, and nothing elsewhere, while an effect runs; the line is gone at its end. */
export const shown =
  (line: Effect.Effect<string | undefined>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const stdio = Option.getOrUndefined(yield* Effect.serviceOption(Stdio.Stdio))
      if (stdio === undefined || !(yield* stdio.stderrIsTerminal)) return yield* effect
      const write = (text: string) => Effect.ignore(Stream.run(Stream.make(text), stdio.stderr({ endOnDone: false })))
      const draw = Effect.flatMap(line, (text) => (text === undefined ? Effect.void : write(`${clear}${text}`)))
      const drawing = Effect.forever(Effect.andThen(draw, Effect.sleep(pause)))
      return yield* effect.pipe(Effect.raceFirst(drawing), Effect.ensuring(Effect.andThen(draw, write(clear))))
    })
