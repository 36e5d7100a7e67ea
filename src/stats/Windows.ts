/** The windows that figures look back over, in milliseconds. */
export const hour = { length: 3_600_000, buckets: 60 }
export const tenMinutes = { length: 600_000, buckets: 20 }
// A bucket a millisecond: where the window cuts one, the count is wrong by the starts in it at most.
export const second = { length: 1_000, buckets: 1_000 }
