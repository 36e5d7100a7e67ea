import type { Policy, Waited } from "../Call.ts"

/** What a call has waited for, after one more wait. */
export const afterWait = (waited: Waited | undefined, { waitsFor = "policy" }: Policy, millis: number): Waited => ({
  ...waited,
  [waitsFor]: (waited?.[waitsFor] ?? 0) + millis
})
