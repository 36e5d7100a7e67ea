/** How many runs a property gets: few by default, many in the long run. */
export const runs = (short: number, long: number): number => (process.env.HEADGATE_LONG === "1" ? long : short)
