/** What a figure must not pass; those of the targets are as in `Health`. */
export const threshold = {
  success: 0.9,
  queue: 0.2,
  circuit: 0.01,
  timeouts: 0.01,
  jobs: 0.75,
  /** Calls refused for want of room or time. */
  refusals: 0.01,
  /** Calls that the model answered with fault found in the request. */
  declined: 0.1,
  /** Latency of late, for each of earlier. */
  latency: 1.5,
  /** Starts used, of those allowed. */
  idleRate: 0.05,
  /** Most attempts at once, of those allowed. */
  idlePermits: 0.25
}

/** How much more than the demand a limit should serve, so that the queue stays short. */
export const headroom = 1.25

/** Demand of at least this share of a limit's pace makes it bind. */
export const saturated = 0.9
