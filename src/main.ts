#!/usr/bin/env node
import * as Module from "node:module"
import * as Loading from "./cli/Loading.ts"

// An older Node fails on what the modules below import, each in its own riddle.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`headgate needs Node 22.19 or newer; this is ${process.version}.\n`)
  process.exit(1)
}
// Compiling takes longer than all else that a start does; what is imported before this is compiled anew each time.
Module.enableCompileCache()
const [command = "serve"] = process.argv.slice(2)
if (command === "serve") Loading.begin()
await import("./cli/Main.ts")
