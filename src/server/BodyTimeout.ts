import { type Duration, Effect, Fiber, type Scope } from "effect"
import { bodyTimeout, type GatewayError } from "./GatewayError.ts"

/**
 * Reads a body, and gives up on it with a 408 after a time.
 *
 * The reading itself goes on until the scope of the request closes, when it is answered: to interrupt it destroys the
 * connection, and nobody would see the answer.
 */
export const read = Effect.fnUntraced(function* <A, E, R>(
  body: Effect.Effect<A, E, R>,
  timeout: Duration.Input
): Effect.fn.Return<A, E | GatewayError, R | Scope.Scope> {
  const reading = yield* Effect.forkScoped(body, { startImmediately: true })
  return yield* Effect.timeoutOrElse(Fiber.join(reading), {
    duration: timeout,
    orElse: () => Effect.fail(bodyTimeout)
  })
})
