/** Four characters make a token, which is near the truth for English. */
export const perToken = 4

// The limits of a request that say so take no more than this.
const most = 1e12

/** Estimates the tokens of a request from the characters of what it says and the tokens that its reply may have. */
export const of = (characters: number, reply: number): number =>
  Math.min(most, Math.ceil(characters / perToken) + reply)
