import { setFlagsFromString } from "node:v8"

// V8 reads it each time the young generation might grow. Loading modules makes it grow by twenty megabytes for good.
const growBy = (factor: number) => setFlagsFromString(`--semi-space-growth-factor=${factor}`)

/** Keeps the young generation of the heap as small as it is. */
export const keepSmall = (): void => growBy(1)

/** Lets the young generation grow with what the program does, as by default. */
export const letGrow = (): void => growBy(2)
