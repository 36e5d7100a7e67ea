import { Cause, Exit, Option } from "effect"
import type { End } from "../../Call.ts"
import * as Failure from "../../Failure.ts"
import { ShuttingDown } from "../../Rejection.ts"

/** Takes the head back into the queue; its caller never sees it. */
export const recalled = new ShuttingDown({ retryAfter: undefined })

/** Whether a call ended because its place was taken back; work that ended before that has its own end. */
export const isRecall = (end: End): boolean =>
  Exit.isFailure(end) &&
  Failure.rejectionOf(Option.getOrUndefined(Cause.findErrorOption(end.cause)))?.reason === recalled

/** Whether an attempt failed before the model had begun with it. */
export const isUntouched = (end: End): boolean => {
  if (Exit.isSuccess(end)) return false
  const error = Option.getOrUndefined(Cause.findErrorOption(end.cause))
  if (error === undefined || Failure.rejectionOf(error) !== undefined) return false
  const status = Failure.statusOf(error)
  return status === 429 || status === 503 || Failure.isUnreached(end)
}
