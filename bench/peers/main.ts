// Shows what headgate and its peers do in the same situations, in real time, and prints a table.
import { peers } from "./peers.ts"
import type { Peer, Scenario } from "./Peer.ts"
import { scenarios } from "./scenarios.ts"

const shown = async ({ has, make }: Peer, { says = [], see, setup }: Scenario): Promise<string> => {
  const asked = [...(Object.keys(setup) as ReadonlyArray<keyof typeof setup>), ...says]
  if (!asked.every((each) => has.includes(each))) return "–"
  const told = await see(await make(setup))
  return told === true ? "yes" : `no: ${told}`
}

const rows = [`| | ${peers.map(({ name }) => name).join(" | ")} |`, `|${"---|".repeat(peers.length + 1)}`]
for (const scenario of scenarios) {
  const cells: Array<string> = []
  for (const peer of peers) cells.push(await shown(peer, scenario))
  rows.push(`| ${scenario.name} | ${cells.join(" | ")} |`)
}
console.log(rows.join("\n"))
process.exit(0)
