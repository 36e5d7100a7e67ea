/** A limit that a test may change. */
export const limit = (current: number, binds: boolean = current < Infinity) => ({ current, binds })
