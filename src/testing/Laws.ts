import type { Law } from "./Law.ts"
import { bounds, liveness } from "./laws/Limits.ts"
import { conservation, determinism, transparency } from "./laws/Outcomes.ts"
import { noLeak } from "./laws/Recovery.ts"

export type { Law, Trial, Violations } from "./Law.ts"
export { bounds, conservation, determinism, liveness, noLeak, transparency }

/** The laws that every stack keeps. */
export const all: ReadonlyArray<Law> = [conservation, transparency, bounds, liveness, noLeak, determinism]
