/** What agents call the model for, the most urgent first. */
export const purposes = ["act", "plan", "reflect"] as const
export type Purpose = (typeof purposes)[number]

/** Why a job was given up: its results were not accepted, its time was over, or the model would never have answered. */
export const failures = ["wrong", "late", "refused"] as const
export type Failure = (typeof failures)[number]
