import type { Shape } from "../../../src/agents/Extract.ts"
import type { Example } from "./replies.ts"

const none = undefined
const text = { type: "string" }
const number = { type: "number" }
const whole = { type: "integer" }
const truth = { type: "boolean" }
const one = (name: string, shape: Shape): Shape => ({ type: "object", properties: { [name]: shape }, required: [name] })
const many = (items: Shape): Shape => ({ type: "array", items })
const [a, v, t, n, b] = [one("a", text), one("v", number), one("t", text), one("v", whole), one("v", truth)] as const
const optional: Shape = { type: "object", properties: { k: whole, v: number }, required: ["k"] }

const person: Shape = {
  type: "object",
  properties: { name: text, age: whole, city: text },
  required: ["name", "age", "city"]
}

/** Replies on which other parsers broke or took a wrong value, after public reports. */
export const reports: ReadonlyArray<Example> = [
  ["a text that is cut behind a colon", a, '{"a":"Here is a poem for you :', none],
  ["an answer that is cut before a value", person, '{"name":"Ann",\n"age": 5,\n"city":\n', none],
  ["a role before it", a, ' System: {"a": "Philosophy"}', { a: "Philosophy" }],
  [
    "a fence in a string of an envelope",
    a,
    '{"output": "\\n```json\\n{\\"output\\": {\\"a\\": \\"卷轴\\"}}\\n```"}',
    { a: "卷轴" }
  ],
  ["escapes of formulas", a, '{"a":"\\(x \\alpha\\)"}', { a: "\\(x \\alpha\\)" }],
  ["a fence in a string", a, '{"a":"text with ```js\\nf(){}``` here"}', { a: "text with ```js\nf(){}``` here" }],
  ["a fence in a string in a fence", a, '```json\n{"a":"```a codeblock```"}\n```', { a: "```a codeblock```" }],
  ["a fence in a fence", a, 'Outer\n```\nInner\n```json\n{"a":"inner"}\n```\nend\n```\nend', { a: "inner" }],
  ["backticks in prose", a, 'Here is `the` result: {"a": "use `print`"}', { a: "use `print`" }],
  ["braces in prose", a, 'Some {curly braces} before JSON\n{"a":"actual"}', { a: "actual" }],
  ["brackets in prose", a, 'Notes [enricher] and [1] say so. {"a":"x"}', { a: "x" }],
  ["a draft in thinking", t, '<think>\nmaybe {"t": "draft"}\n</think>\n{"t":"T"}', { t: "T" }],
  ["thinking without an end", t, '<think>\nmaybe {"t": "draft"', none],
  ["thinking without a beginning", t, 'thought {"t":"no"}\n</think>\n{"t":"yes"}', { t: "yes" }],
  ["thinking in a string", a, '{"a":"x <think>b</think> c"}', { a: "x <think>b</think> c" }],
  ["thinking in a string in a fence", a, '```json\n{"a":"x <think>b</think> c"}\n```', { a: "x <think>b</think> c" }],
  ["other JSON before the answer", a, '{"type":"telemetry","ms":12}\n{"a":"done"}', { a: "done" }],
  ["one brace too many", a, '{"a":"First"} }', { a: "First" }],
  ["ends of tool calls behind it", n, '{"v": 1}</tool_call></function>', { v: 1 }],
  ["channels", n, '<|channel|>analysis<|message|>{"v":5}?<|end|><|channel|>final<|message|>{"v":1}', { v: 1 }],
  ["a tool's parameters", n, '{"name":"answer","parameters":{"v":1}}', { v: 1 }],
  ["a tool's arguments as a string", n, '{"name":"answer","arguments":"{\\"v\\":1}"}', { v: 1 }],
  ["the schema alone", n, '{"type":"object","properties":{"v":{"type":"integer"}},"required":["v"]}', none],
  ["the schema, then the answer", n, '{"type":"object","properties":{"v":{"type":"integer"}}}\n{"v":1}', { v: 1 }],
  ["the end of an element in a string, without a bracket", one("a", many(text)), '{"a":["h1</Cq"]', { a: ["h1</Cq"] }],
  ["a quote for inches", t, '{ "t": "a 65" television" }', { t: 'a 65" television' }],
  ["a quote for inches in a list", many(text), '["samsung 32" display"]', ['samsung 32" display']],
  ["escaped quotes before a comma", t, '{"t": "bar \\"foo\\", baz"}', { t: 'bar "foo", baz' }],
  ["a string cut behind commas", t, '{"t":"testing, more commas, not working', none],
  ["a string cut behind a colon", t, '{"t":"Here is a poem for you :', none],
  ["a list cut in a record", many(one("v", whole)), '[{"v":1},{"v":2},{"v":', none],
  ["a list cut in a string", many(text), '["one","two","thr', none],
  ["a list with a gap", many(whole), "[1, 2, 3, ...]", none],
  ["a list in a list", many(text), "1. Go\n   - take a bag\n2. Come", none],
  ["a list at the root", many(one("a", text)), 'Sure: [{"a":"Al"},{"a":"Bo"}]', [{ a: "Al" }, { a: "Bo" }]],
  ["a record a line", many(one("v", whole)), '{"v":1}\n{"v":2}', [{ v: 1 }, { v: 2 }]],
  ["a bare id that begins like a number", t, '{"t": 57eeeeb1-450b-482c}', { t: "57eeeeb1-450b-482c" }],
  ["an exponent before a cut", many(v), '[{"v": 1e+10}, {"v": 1e-3}', [{ v: 1e10 }, { v: 1e-3 }]],
  ["a fraction", v, '{"v": 1/3}', none],
  ["NaN", v, '{"v": NaN}', none],
  ["Infinity", v, '{"v": -Infinity}', none],
  ["the text nan", t, '{"t": "nan"}', { t: "nan" }],
  ["more than a number holds", v, '{"v": 1e999}', none],
  ["more digits than a whole number holds", n, '{"v": 9007199254740993}', none],
  ["a point without digits", v, '{"v": 45.}', { v: 45 }],
  ["a plus", n, '{"v": +7}', { v: 7 }],
  ["thousands", n, '{"v": "12,500"}', { v: 12_500 }],
  ["a comma for a point", v, '{"v": "3,5"}', none],
  ["a letter for thousands", v, '{"v": "5k"}', none],
  ["a range", n, '{"v": "3-5"}', none],
  ["a bound", v, '{"v": ">5"}', none],
  ["a lower bound", v, '{"v": "5+"}', none],
  ["a time", v, '{"v": "10:30"}', none],
  ["a version", v, '{"v": "1.2.3"}', none],
  ["a date", v, '{"v": "2024-01-05"}', none],
  ["yes", b, '{"v": "yes"}', { v: true }],
  ["no", b, '{"v": "No"}', { v: false }],
  ["one for true", b, '{"v": 1}', { v: true }],
  ["two for true", b, '{"v": 2}', none],
  ["not true", b, '{"v": "not true"}', none],
  ["a pair of escapes", t, '{"t": "\\ud83d\\ude00"}', { t: "😀" }],
  ["a path", t, '{"t": "C:\\dir"}', { t: "C:\\dir" }],
  ["a control character in a string", t, '{"t":"x\u0000y\u001bz"}', { t: "x\u0000y\u001bz" }],
  ["a line break in a string", t, '{"t":"x\ny"}', { t: "x\ny" }],
  ["comments", t, '{\n // count\n "t": "http://x//y" /* x */ # end\n}', { t: "http://x//y" }],
  ["None", optional, "{'k': 1, 'v': None}", { k: 1 }],
  ["undefined", optional, "{k: 1, v: undefined}", { k: 1 }],
  ["backticks for quotes", t, "{t: `x`}", { t: "x" }],
  ["a byte order mark", n, '\ufeff{"v":1}', { v: 1 }],
  ["a prototype", n, '{"__proto__":{"v":2},"v":1}', { v: 1 }],
  // As with several values in a reply, the last counts.
  ["a name twice", n, '{"v":1,"v":2}', { v: 2 }],
  ["a quote missing before a comma", person, `{"name": "John", "age": 30, "city": "Rome, "name2": "x"}`, none],
  ["a quote missing before a key", person, `{'name': 'John, 'age': 30, 'city': 'Rome'}`, none],
  ["a quote missing behind a key", person, `{"name: "John", "age": 30, "city": "Rome"}`, none],
  ["a quote missing before a value", person, `{"name": John", "age": 30, "city": "Rome"}`, none],
  ["a quote missing behind a number", person, `{"name": "John", "age": "30, "city": "Rome"}`, none],
  [
    "a quote within the value of a line",
    person,
    'name: 27" screen\nage: 3\ncity: Rome',
    { name: '27" screen', age: 3, city: "Rome" }
  ]
]
