/** A part of a whole, 0..1. Sums over a window are rounded, which must not show as more than all. */
export const share = (part: number, whole: number, none: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, part / whole)) : none
