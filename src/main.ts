#!/usr/bin/env node
import { enableCompileCache } from "node:module"
import { keepSmall } from "./cli/YoungGeneration.ts"

// Compiling takes longer than all else that a start does; what is imported before this is compiled anew each time.
enableCompileCache()
const [command = "serve"] = process.argv.slice(2)
if (command === "serve") keepSmall()
await import("./cli/Main.ts")
