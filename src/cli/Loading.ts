import { setFlagsFromString } from "node:v8"

// V8 reads these flags whenever it decides, so they may change while the program runs. Code that loads modules runs once:
// to optimise it, and to let the young generation grow by what it makes, takes thirty megabytes for good.
const thrifty = ["--semi-space-growth-factor=1", "--no-maglev", "--no-opt"]
const usual = ["--semi-space-growth-factor=2", "--maglev", "--opt"]

/** Has V8 save memory while modules are loaded. */
export const begin = (): void => thrifty.forEach((flag) => setFlagsFromString(flag))

/** Has V8 optimise what the program does from now on, as by default. */
export const end = (): void => usual.forEach((flag) => setFlagsFromString(flag))
