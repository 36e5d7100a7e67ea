import { clinic } from "./Clinic.ts"
import { forge } from "./Forge.ts"
import { reef } from "./Reef.ts"
import { make } from "./Streams.ts"
import { troupe } from "./Troupe.ts"

// Prints streams in the judge's format, a line each; arguments change the seed and the worlds.
const seed = Number(process.argv[2] ?? 1)
const names = process.argv.slice(3)
const worlds = [clinic, forge, reef, troupe].filter(({ name }) => names.length === 0 || names.includes(name))
const sizes = [
  [50, 8],
  [200, 4],
  [1000, 2]
] as const
for (const world of worlds) {
  for (const [length, times] of sizes) {
    for (let i = 0; i < times; i++) console.log(JSON.stringify(make(world, seed * 100 + i, length)))
  }
}
