// The bugs that `npm run mutants` plants: small changes of the syntax tree that a compiler would accept.
import { parseAst } from "vite"

const swaps = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "++": ["--"],
  "--": ["++"]
}

/** Types, imports and texts hold no behaviour of their own. */
const isIgnored = ({ type }) => type.startsWith("TS") && !expressions.has(type)
const expressions = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"])

/** Where an operator stands between its operands, which may be wrapped in parentheses or comments. */
const operatorAt = (source, from, to, operator) => {
  const at = source.indexOf(operator, from)
  return at >= 0 && at < to ? at : undefined
}

/** Calls back for each mutant of one node: what it does, and which text takes the place of which. */
const mutate = (source, node, add) => {
  const replace = (operator, { end, start }, after) => add(operator, start, end, after)
  const between = (left, right, operator) => {
    const at = operatorAt(source, left.end, right.start, operator)
    if (at === undefined) return
    for (const other of swaps[operator] ?? []) add("operator", at, at + operator.length, other)
  }
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
    case "AssignmentExpression":
      between(node.left, node.right, node.operator)
      if (node.operator === "??") replace("no default", node, source.slice(node.left.start, node.left.end))
      break
    case "UpdateExpression": {
      const at = node.prefix ? node.start : node.end - 2
      add("operator", at, at + 2, swaps[node.operator][0])
      break
    }
    case "UnaryExpression":
      if (node.operator === "!" || node.operator === "-") add("no negation", node.start, node.start + 1, "")
      break
    case "IfStatement":
    case "ConditionalExpression":
      replace("condition", node.test, "true")
      replace("condition", node.test, "false")
      break
    case "WhileStatement":
      replace("condition", node.test, "false")
      break
    case "ExpressionStatement":
      if (["CallExpression", "AssignmentExpression", "UpdateExpression"].includes(inner(node.expression).type)) {
        replace("no statement", node, ";")
      }
      break
    case "ReturnStatement":
      if (node.argument !== null && source.slice(node.argument.start, node.argument.end) !== "undefined") {
        replace("no result", node.argument, "undefined")
      }
      break
    case "Literal":
      if (typeof node.value === "boolean") replace("literal", node, String(!node.value))
      if (typeof node.value === "number") replace("literal", node, String(node.value === 0 ? 1 : 0))
      break
    case "CallExpression":
      if (/^Math\.(min|max)$/.test(source.slice(node.callee.start, node.callee.end))) {
        replace(
          "other bound",
          node.callee,
          source.slice(node.callee.end - 3, node.callee.end) === "min" ? "Math.max" : "Math.min"
        )
      }
      break
  }
}

/** An expression without the optional chain, `await` or `void` around it. */
const inner = (node) =>
  node.type === "ChainExpression" || node.type === "TSNonNullExpression" ? inner(node.expression) : node

/** Every mutant of a source text. */
export const mutantsOf = (source) => {
  const mutants = []
  const add = (operator, start, end, after) => {
    const before = source.slice(start, end)
    const line = source.slice(0, start).split("\n").length
    const text = source.split("\n")[line - 1].trim()
    mutants.push({ operator, start, end, before, after, line, text })
  }
  const visit = (node) => {
    if (isIgnored(node) || node.type === "ImportDeclaration") return
    mutate(source, node, add)
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (child !== null && typeof child === "object" && typeof child.type === "string") visit(child)
      }
    }
  }
  visit(parseAst(source, { lang: "ts" }))
  return mutants
}
