import { Config, Console, Effect, Predicate } from "effect"
import { Interrupted, WrongUsage } from "./Failure.ts"

const success = 0
const failure = 1
const usage = 2
// As shells tell of a program that Ctrl-C ended.
const interrupted = 130

const messageOf = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? String(error.message) : String(error)
  return error instanceof Config.ConfigError ? `headgate cannot start:\n${message}` : message
}

const codeOf = (error: unknown): Effect.Effect<number> => {
  if (error instanceof Interrupted) return Effect.succeed(interrupted)
  return Effect.as(Console.error(messageOf(error)), error instanceof WrongUsage ? usage : failure)
}

/** Whether the arguments ask for no more than to serve: most starts do. */
const isPlainServe = ([command = "serve", ...rest]: ReadonlyArray<string>): boolean =>
  command === "serve" && rest.length === 0

// A gateway that parses no flags need not load the parser, nor what the other commands have.
const serving = (stop: Effect.Effect<void>) =>
  Effect.flatMap(
    Effect.promise(() => import("./Serve.ts")),
    ({ run }) => Effect.as(run(stop), success)
  )

const commands = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Effect.flatMap(
    Effect.promise(() => import("./Commands.ts")),
    ({ run }) => run(args, stop)
  )

/**
 * Runs the command that the arguments name, and gives its exit code: 0 for success, 1 for failure, 2 for wrong usage, 130
 * if it was stopped before its end. `stop` ends when the command is to.
 */
export const run = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Effect.catch(isPlainServe(args) ? serving(stop) : commands(args, stop), codeOf)
