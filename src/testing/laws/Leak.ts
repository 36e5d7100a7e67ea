import { Effect } from "effect"
import { mends, whole } from "../Aftermath.ts"
import type { Law } from "../Trial.ts"

/** Nothing is lost or doubled, whatever became of the calls. */
export const noLeak: Law = {
  name: "no leak",
  promise: "whatever is interrupted at whatever step, no place, permit, token or probe slot is lost or doubled",
  tests: ["interruptions", "loads"],
  after: (trial) =>
    Effect.match(Effect.andThen(mends(trial), whole(trial)), { onFailure: (wrongs) => wrongs, onSuccess: () => [] })
}
