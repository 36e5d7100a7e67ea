import type { Draw } from "./Draw.ts"

/** The customs of the house for which agents work. No task tells them: whoever breaks one is told of it. */
export interface House {
  /** On invoices, so many of one item cost so many percent less. */
  readonly bulk: { readonly from: number; readonly percent: number }
  /** What each shipment costs on top. */
  readonly fee: number
  /** How many percent offers from abroad cost more. */
  readonly customs: number
  /** Kilometres of a mile on the maps of the house. */
  readonly mile: number
  /** The hour of the midday rest, which appointments leave free. */
  readonly rest: number
}

export const draw = (draw: Draw): House => ({
  bulk: { from: draw.int(6, 9), percent: draw.step(10, 20, 5) },
  fee: draw.int(2, 5),
  customs: draw.step(20, 30, 5),
  mile: draw.step(1.5, 1.9, 0.1),
  rest: draw.int(11, 13)
})
