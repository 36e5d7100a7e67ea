import { Flag } from "effect/cli"

/** The flag of commands whose result a program may read. */
export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print JSON for programs to read")
)
