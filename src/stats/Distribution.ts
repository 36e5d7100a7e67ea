/** How values spread, as far as it was known when it was asked for; bounds are off by 1 % at most. */
export interface Distribution {
  readonly count: number
  readonly sum: number
  /** How many values do not exceed a bound; to be asked at once, since it follows the values that come. */
  readonly atMost: (bound: number) => number
}

/** How the times of calls spread, in milliseconds; what each is, `Snapshot` tells. */
export interface Distributions {
  readonly latency: Distribution
  readonly wait: Distribution
  readonly firstToken: Distribution
}
