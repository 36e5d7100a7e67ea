/** A count with its noun: `1 call`, but `0 calls` and `2 calls`. The count may be formatted. */
export const counted = (count: number | string, noun: string, plural = `${noun}s`): string =>
  `${count} ${String(count) === "1" ? noun : plural}`
