import { type Law, says } from "../Trial.ts"

/** Chance and time come from Effect, so that a run can be had again. */
export const determinism: Law = {
  name: "determinism",
  promise: "the same seed on a virtual clock makes the same history",
  tests: ["loads"],
  twice: (first, second) => {
    const at = first.findIndex((line, i) => line !== second[i])
    const differ = at >= 0 || first.length !== second.length
    return says(
      differ,
      `played again, it was ${JSON.stringify(second[at] ?? "nothing")} where it had been ${JSON.stringify(first[at] ?? "nothing")}`
    )
  }
}
