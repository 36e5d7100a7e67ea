import { Cause, Context, Duration, Effect, Exit, Pull, Random, Schedule } from "effect"

type AnySchedule = Schedule.Schedule<unknown, unknown>

/** The delay before the next retry of a call, in milliseconds; `undefined` for no retry. */
export type Delay = (error: unknown, retries: number, at: number) => number | undefined

/** How long calls back off: by a schedule, or else by the two delays. */
interface Options {
  readonly baseDelay: number
  readonly maxDelay: number
  readonly schedule: AnySchedule | undefined
}

export const isSchedule = (value: unknown): value is AnySchedule => Schedule.isSchedule(value)

/** Makes the delays of one call. */
export const delays = (options: Options, context: Context.Context<never>): (() => Delay) => {
  const { schedule } = options
  if (schedule !== undefined) return () => scheduled(schedule, context)
  const delay = fullJitter(options, Context.get(context, Random.Random))
  return () => delay
}

const fullJitter =
  ({ baseDelay, maxDelay }: Options, random: typeof Random.Random.Service): Delay =>
  (_error, retries) =>
    random.nextDoubleUnsafe() * Math.min(maxDelay, baseDelay * 2 ** retries)

const rule = "The schedule of Retry must be synchronous and must not fail"

const scheduled = (schedule: AnySchedule, context: Context.Context<never>): Delay => {
  const step = Effect.runSyncWith(context)(Schedule.toStep(schedule))
  return (error, _retries, at) => {
    const next = Effect.runSyncExitWith(context)(step(at, error))
    if (Exit.isSuccess(next)) return Duration.toMillis(next.value[1])
    if (Pull.isDoneCause(next.cause)) return undefined
    throw new TypeError(`${rule}: ${Cause.pretty(next.cause)}`, { cause: Cause.squash(next.cause) })
  }
}
