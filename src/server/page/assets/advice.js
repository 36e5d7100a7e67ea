import { byId, make, say } from "./dom.js"
import * as format from "./format.js"

const target = ({ aim, figure, met }) =>
  make(
    "li",
    { "data-met": met },
    make("span", { class: "mark", role: "img", "aria-label": met ? "met" : "missed" }, met ? "✓" : "✗"),
    make("span", {}, aim),
    make("span", { class: "figure" }, format.share(figure))
  )

const change = ({ from, to, variable, why }) =>
  make("li", {}, make("code", {}, `${variable}=${to}`), from === null ? "" : ` now ${from}`, make("span", {}, why))

const finding = ({ message, remedies, severity }) =>
  make(
    "article",
    { class: "card finding", "data-severity": severity },
    make("p", {}, message),
    ...remedies.flatMap(({ change: changes, when }) => [
      make("p", { class: "when" }, when),
      make("ul", {}, ...changes.map(change))
    ])
  )

const nothing = () =>
  make("p", { class: "card quiet" }, "Nothing to change. What could be better, and which variable to set, stands here.")

let shown = ""

const headline = ({ findings: [first], summary }, isUnused) => {
  if (isUnused) return "Nothing has passed yet. The gate is ready for its first call."
  return first === undefined || first.severity === "info" ? summary : first.message
}

/** Shows the targets of health, and what to change, the most urgent first. */
export const draw = (advice, isUnused) => {
  const { findings, targets } = advice
  say(byId("summary"), headline(advice, isUnused))
  // What stays the same is not built anew: it may be selected, or read aloud.
  const text = JSON.stringify({ targets, findings })
  if (text === shown) return
  shown = text
  byId("targets").replaceChildren(...targets.map(target))
  byId("findings").replaceChildren(...(findings.length > 0 ? findings.map(finding) : [nothing()]))
}
