// The last calls: what each waited for, or why it was refused.

import { byId, fill } from "./dom.js"
import * as format from "./format.js"

const outcomes = {
  succeeded: "succeeded",
  failed: "failed",
  timedOut: "timed out",
  rejected: "refused",
  cancelled: "caller left"
}

const tones = { failed: "bad", timedOut: "bad", rejected: "fair" }

// A stage and its time stay on one line.
const stages = ({ stages }) =>
  Object.entries(stages)
    .map(([stage, millis]) => `${stage} ${format.time(millis)}`.replaceAll(" ", "\u00a0"))
    .join(" · ") || "–"

/** Shows the calls, the newest first. */
export const draw = (calls) => {
  const rows = calls.map((call) => ({
    cells: [
      format.moment(new Date(call.time)),
      call.caller,
      call.model ?? call.purpose ?? "–",
      call.code ?? outcomes[call.outcome],
      format.time(call.totalMs),
      stages(call),
      call.limit ?? "–",
      call.remedy ?? "–"
    ],
    tone: tones[call.outcome] ?? ""
  }))
  fill(byId("calls"), rows, "none yet")
}
