import { doors } from "../Promises.ts"
import type { Suite } from "../Sample.ts"

export const suite: Suite = {
  title: "A promise that nothing holds up",
  note: "One after another: what a door costs a program without Effect. All bound what runs (8) and what waits, cut what takes a minute, and stop after failures in a row.",
  times: 50_000,
  contenders: doors(1, async () => 1)
}
