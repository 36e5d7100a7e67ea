import { Effect, type Scope, Stdio, Stream, Terminal } from "effect"

const enter = "\u001b[?1049h\u001b[?25l"
const leave = "\u001b[?25h\u001b[?1049l"
const home = "\u001b[H"
const toLineEnd = "\u001b[K\r\n"
const toScreenEnd = "\u001b[J"

/** Cuts a line to a width; colours take none. */
export const clip = (line: string, columns: number): string => {
  let room = columns
  // oxlint-disable-next-line no-control-regex
  return line.replaceAll(/(\u001b\[\d+m)|([^\u001b])/gu, (sign, colour: string | undefined) =>
    colour !== undefined || room-- > 0 ? sign : ""
  )
}

/** Takes a screen of its own, and gives the former back when the scope closes; each drawing takes the place of the last. */
export const make: Effect.Effect<
  (lines: ReadonlyArray<string>) => Effect.Effect<void>,
  never,
  Scope.Scope | Stdio.Stdio | Terminal.Terminal
> = Effect.gen(function* () {
  const { stdout } = yield* Stdio.Stdio
  const { columns, rows } = yield* Terminal.Terminal
  const write = (text: string) => Effect.ignore(Stream.run(Stream.make(text), stdout({ endOnDone: false })))
  yield* Effect.acquireRelease(write(enter), () => write(leave))
  return Effect.fnUntraced(function* (lines: ReadonlyArray<string>) {
    // Some terminals do not tell their size.
    const [width, height] = [(yield* columns) || 80, (yield* rows) || 24]
    const shown = lines.slice(0, Math.max(1, height - 1)).map((line) => clip(line, width) + toLineEnd)
    yield* write(home + shown.join("") + toScreenEnd)
  })
})
