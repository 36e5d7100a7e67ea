import type { End } from "../../Call.ts"
import * as Failure from "../../Failure.ts"
import { errorOf, ShuttingDown } from "../../Rejection.ts"

/** Takes the head back into the queue; its caller never sees it. */
export const recalled = new ShuttingDown({ retryAfter: undefined })

/** Whether a call ended because its place was taken back; work that ended before that has its own end. */
export const isRecall = (end: End): boolean => Failure.rejectionOf(errorOf(end))?.reason === recalled

/** Whether an attempt failed before the model had begun with it. */
export const isUntouched = (end: End): boolean => {
  const error = errorOf(end)
  if (error === undefined || Failure.rejectionOf(error) !== undefined) return false
  const status = Failure.statusOf(error)
  return status === 429 || status === 503 || Failure.isUnreached(end)
}
