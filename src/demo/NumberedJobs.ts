import { Effect, Random, Schema } from "effect"
import type { JobData } from "../agents/Job.ts"
import { type JobKind, NotRestored } from "../agents/JobKind.ts"
import { Draw, rulesOf } from "./Draw.ts"
import { kinds } from "./JobSource.ts"

/** What makes a job again anywhere: the seed of its run, and its number there. */
const Data = Schema.Struct({ seed: Schema.Int, number: Schema.Int })

const randomOf = (seed: number | string) => Effect.service(Random.Random).pipe(Random.withSeed(seed))

/** Jobs of a run that are drawn each by its number, so that any process can make any of them. */
export const kind: JobKind = {
  name: "demo",
  restore: Effect.fnUntraced(function* (data) {
    const { number, seed } = yield* Effect.mapError(
      Schema.decodeUnknownEffect(Data)(data),
      ({ message }) => new NotRestored({ message })
    )
    const rules = rulesOf(new Draw(yield* randomOf(seed)))
    const draw = new Draw(yield* randomOf(`${seed}/${number}`))
    return draw.one(kinds).make(draw, rules)
  })
}

/** The data of the job of a number. */
export const dataOf = (seed: number, number: number): JobData => ({ kind: kind.name, data: { seed, number } })

/** The moments at which jobs come, in milliseconds: at random, so many a minute on average. */
export const moments = Effect.fnUntraced(function* (seed: number, jobsPerMinute: number) {
  const random = yield* randomOf(`${seed}/moments`)
  const known = [0]
  return (number: number): number => {
    while (known.length <= number) {
      known.push(known.at(-1)! - (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute)
    }
    return known[number]!
  }
})
