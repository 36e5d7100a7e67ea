import { Effect, Option, Stdio, Stream } from "effect"
import type { Snapshot } from "../../stats/Snapshot.ts"

const width = 30
const clear = "\r\u001b[2K"
const pause = "100 millis"

/** Draws how far the jobs are. */
export const bar = ({ completed, failed }: Snapshot["jobs"], jobs: number): string => {
  const ended = completed + failed
  const filled = jobs === 0 ? width : Math.round((width * ended) / jobs)
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} ${ended}/${jobs} jobs, ${failed} failed`
}

/** Shows a progress bar on a terminal, and none elsewhere, while an effect runs; the bar is gone at its end. */
export const shown =
  (jobs: number, figures: () => Effect.Effect<Snapshot> | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const stdio = Option.getOrUndefined(yield* Effect.serviceOption(Stdio.Stdio))
      if (stdio === undefined || !(yield* stdio.stderrIsTerminal)) return yield* effect
      const write = (text: string) => Effect.ignore(Stream.run(Stream.make(text), stdio.stderr({ endOnDone: false })))
      const draw = Effect.suspend(() => {
        const present = figures()
        if (present === undefined) return Effect.void
        return Effect.flatMap(present, (snapshot) => write(`${clear}${bar(snapshot.jobs, jobs)}`))
      })
      const drawing = Effect.forever(Effect.andThen(draw, Effect.sleep(pause)))
      return yield* effect.pipe(Effect.raceFirst(drawing), Effect.ensuring(Effect.andThen(draw, write(clear))))
    })
