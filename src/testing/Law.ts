import { bounds } from "./laws/Bounds.ts"
import { conservation } from "./laws/Conservation.ts"
import { determinism } from "./laws/Determinism.ts"
import { noLeak } from "./laws/Leak.ts"
import { liveness } from "./laws/Liveness.ts"
import { transparency } from "./laws/Transparency.ts"
import type { Law } from "./Trial.ts"

export type { Law, Trial, Wrongs } from "./Trial.ts"
export { bounds, conservation, determinism, liveness, noLeak, transparency }

/** Every law that a stack of any kind must keep. */
export const all: ReadonlyArray<Law> = [conservation, transparency, bounds, liveness, noLeak, determinism]
