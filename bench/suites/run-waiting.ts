import { doors } from "../Promises.ts"
import type { Suite } from "../Sample.ts"

export const suite: Suite = {
  title: "A promise that waits",
  note: "The same doors with a thousand calls at once, each of one turn of the event loop.",
  times: 50_000,
  contenders: doors(1000, () => new Promise((resolve) => setImmediate(resolve)))
}
