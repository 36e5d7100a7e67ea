import { Effect, Random, Schema } from "effect"
import type { Job } from "../agents/Job.ts"
import { Draw, rulesOf } from "./Draw.ts"
import { kinds } from "./JobSource.ts"

/** What makes a job again anywhere: the seed of its run, and its number there. */
const Description = Schema.Struct({ seed: Schema.Int, number: Schema.Int })

const randomOf = (seed: number | string) => Effect.service(Random.Random).pipe(Random.withSeed(seed))

/** Describes the job of a number. */
export const describe = (seed: number, number: number): Schema.Json => ({ seed, number })

/** Draws a job from its description: the same job wherever it is drawn, under the rules of its run. */
export const draw = Effect.fnUntraced(function* (description: Schema.Json): Effect.fn.Return<Job> {
  const { number, seed } = yield* Effect.orDie(Schema.decodeUnknownEffect(Description)(description))
  const rules = rulesOf(new Draw(yield* randomOf(seed)))
  const draw = new Draw(yield* randomOf(`${seed}/${number}`))
  return draw.one(kinds).make(draw, rules)
})

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
