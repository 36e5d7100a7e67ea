import { Duration } from "effect"
import { ModelError } from "../../ai/ModelError.ts"

const none = { code: null, param: null, retryAfter: undefined }

/** The request is not one the endpoint understands. */
export const invalidRequest = (param: string | null, code: string, message: string): ModelError =>
  new ModelError({ ...none, status: 400, type: "invalid_request_error", code, param, message })

/** No model has this name. */
export const modelNotFound = (id: string): ModelError =>
  new ModelError({
    ...none,
    status: 404,
    type: "invalid_request_error",
    code: "model_not_found",
    param: "model",
    message: `The model '${id}' does not exist.`
  })

/** Every slot is taken and as many requests wait as may wait; a place is free after so many milliseconds. */
export const overloaded = (freeAfter: number): ModelError =>
  new ModelError({
    ...none,
    status: 429,
    type: "rate_limit_error",
    code: "engine_overloaded",
    message: "The model is overloaded with other requests. Try again later.",
    retryAfter: freeAfter === Infinity ? undefined : Duration.millis(freeAfter)
  })

/** The request exceeds the provider's requests or tokens per minute, for so many milliseconds. */
export const rateLimited = (wait: number): ModelError =>
  new ModelError({
    ...none,
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: "The rate limit is reached. Try again later.",
    retryAfter: Duration.millis(Math.ceil(wait))
  })

/** The model broke while it worked on the request. */
export const serverError = (): ModelError =>
  new ModelError({
    ...none,
    status: 500,
    type: "server_error",
    message: "The model had an error while processing the request."
  })

/** The model stopped in the middle of a stream. */
export const brokenOff = (): ModelError =>
  new ModelError({
    ...none,
    status: 500,
    type: "server_error",
    message: "The model had an error in the middle of its reply."
  })

/** The model is down. */
export const unavailable = (): ModelError =>
  new ModelError({
    ...none,
    status: 503,
    type: "server_error",
    code: "service_unavailable",
    message: "The model is not available."
  })
