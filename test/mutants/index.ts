import { failing } from "./failing.ts"
import { figures } from "./figures.ts"
import { limits } from "./limits.ts"
import type { Mutant } from "./Mutant.ts"
import { tests } from "./tests.ts"
import { waiting } from "./waiting.ts"

/** Every bug that is planted, with the tests that are asked first. */
export const mutants: ReadonlyArray<Mutant & { readonly tests: ReadonlyArray<string> }> = [
  ...limits,
  ...waiting,
  ...failing,
  ...figures
].map((mutant) => ({
  ...mutant,
  tests: mutant.tests ?? tests.find(([file]) => mutant.file.startsWith(file))?.[1] ?? []
}))
