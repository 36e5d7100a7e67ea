import { Cause, Effect, Exit } from "effect"
import { isInterrupted, refusal, type Seen } from "../Observer.ts"
import { type Law, says, type Trial, type Wrongs } from "../Trial.ts"

const valueOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)

/** A call keeps the model's own end; else the gate refused it or cut it, or its caller left. */
const faithful = ({ drawn, limits: { retries } }: Trial, call: Seen): Wrongs => {
  const { answer, exit, left, name, starts } = call
  if (exit === undefined) return []
  const reason = refusal(call)
  const own = answer !== undefined && !isInterrupted(answer)
  const kept = own && answer._tag === exit._tag && valueOf(answer) === valueOf(exit)
  if (own && !kept && !left && (Exit.isSuccess(answer) || Cause.hasDies(answer.cause) || retries === 0)) {
    return [`${name} did not end as the model ended it`]
  }
  if (isInterrupted(exit)) {
    const itself = answer !== undefined && isInterrupted(answer) && drawn.get(call)?.kind === "interrupt"
    return says(!left && !itself, `${name} was interrupted, and its caller had not left`)
  }
  if (reason === undefined) return says(!kept, `${name} ended as the model did not end it`)
  if (reason._tag === "DeadlineExceeded") {
    const told = reason.started ? "had" : "had not"
    return says(reason.started !== starts.length > 0, `${name} is told that it ${told} started, which is not so`)
  }
  return says(
    starts.length > 0 && reason._tag !== "ShuttingDown",
    `${name} had started, and was then refused as ${reason._tag}`
  )
}

/** A call that has its answer ends. */
const prompt = ({ limits, observer }: Trial): Wrongs =>
  observer.calls.flatMap(({ answer, exit, left, name, running }) => {
    const final = answer !== undefined && (limits.retries === 0 || Exit.isSuccess(answer))
    return says(final && exit === undefined && !running && !left, `${name} has its answer and does not end`)
  })

/** What was admitted is not changed. */
export const transparency: Law = {
  name: "transparency",
  promise: "what the gate admits keeps its result, failure, defect, context and interruption",
  tests: ["loads", "interruptions"],
  during: (trial) => Effect.sync(() => prompt(trial)),
  after: (trial) =>
    Effect.sync(() => [...trial.observer.altered, ...trial.observer.calls.flatMap((call) => faithful(trial, call))])
}
