import type { Shape } from "../../../src/agents/Extract.ts"
import type { Example } from "./replies.ts"

const none = undefined
const integer = { type: "integer" }
const text = { type: "string" }
const object = (properties: Readonly<Record<string, Shape | boolean>>, more: Shape = {}): Shape => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more
})

const choice = object({ action: { enum: ["BUY", "SELL"] } })
const grade = object({ grade: { enum: [1, 2, 3] } })
const versioned = object({ version: { const: 2 }, kind: { const: "note" } })

/** A property whose choices are told without a type. */
export const enumsWithoutAType: ReadonlyArray<Example> = [
  ["none of the choices", choice, '{"action":"HOLD"}', none],
  ["a choice in other letters", choice, '{"action":"sell"}', { action: "SELL" }],
  ["none of the numbers", grade, '{"grade":7}', none],
  ["with a type beside", object({ action: { ...text, enum: ["BUY", "SELL"] } }), '{"action":"HOLD"}', none],
  ["a number in a text", grade, '{"grade":"3"}', { grade: 3 }],
  ["choices of several types", object({ level: { enum: ["low", 5, null, true] } }), '{"level":null}', { level: null }],
  ["none of several types", object({ level: { enum: ["low", 5, null] } }), '{"level":false}', none],
  ["two choices that differ by case", object({ unit: { enum: ["m", "M"] } }), '{"unit":"M"}', { unit: "M" }],
  ["choices in a list", { type: "array", items: { enum: ["a", "b"] } }, '["a","c"]', none],
  ["a choice that is an object", object({ at: { enum: [{ x: 1 }, { x: 2 }] } }), '{"at":{"x":2}}', { at: { x: 2 } }],
  ["another object", object({ at: { enum: [{ x: 1 }] } }), '{"at":{"x":3}}', none],
  ["a constant", versioned, '{"version":2,"kind":"note"}', { version: 2, kind: "note" }],
  ["a constant in a text", versioned, '{"version":"2","kind":"Note"}', { version: 2, kind: "note" }],
  ["another constant", versioned, '{"version":3,"kind":"note"}', none],
  ["a constant of null", object({ end: { const: null } }), '{"end":"soon"}', none],
  ["choices in words", { enum: ["red", "blue"] }, "Blue.", "blue"]
]

const action: Shape = {
  ...object({ action: { $ref: "#/$defs/Action" } }),
  $defs: { Action: { ...text, enum: ["BUY", "SELL"] } }
}
const tree: Shape = {
  $ref: "#/$defs/Tree",
  $defs: { Tree: object({ name: text, children: { type: "array", items: { $ref: "#/$defs/Tree" } } }) }
}
const chain: Shape = { ...object({ id: integer }), properties: { id: integer, next: { $ref: "#" } } }
const shifts: Shape = object({ from: { ...integer, minimum: 0, maximum: 23 }, to: { $ref: "#/properties/from" } })

/** Definitions that are referred to. */
export const references: ReadonlyArray<Example> = [
  ["none of the definition's choices", action, '{"action":"HOLD"}', none],
  [
    "a number in a text, in a definition",
    { ...object({ order: { $ref: "#/$defs/Order" } }), $defs: { Order: object({ count: integer }) } },
    '{"order":{"count":"3"}}',
    { order: { count: 3 } }
  ],
  ["a choice of the definition", action, "```json\n{action: 'buy'}\n```", { action: "BUY" }],
  ["in key lines", action, "Action: sell", { action: "SELL" }],
  [
    "under the older name of definitions",
    { ...object({ size: { $ref: "#/definitions/Size" } }), definitions: { Size: { ...integer, maximum: 9 } } },
    '{"size":12}',
    none
  ],
  ["to a property", shifts, '{"from":"8","to":"17"}', { from: 8, to: 17 }],
  ["to a property, out of its range", shifts, '{"from":8,"to":25}', none],
  [
    "with an escaped name",
    { ...object({ a: { $ref: "#/$defs/x~1y%20z" } }), $defs: { "x/y z": integer } },
    '{"a":"4"}',
    { a: 4 }
  ],
  [
    "to itself",
    tree,
    'A tree: {"name":"a","children":[{"name":"b","children":[],"age":3}]}',
    { name: "a", children: [{ name: "b", children: [] }] }
  ],
  ["to itself, wrong inside", tree, '{"name":"a","children":[{"name":"b"}]}', none],
  ["to the root", chain, '{"id":1,"next":{"id":"2","next":{"id":3}}}', { id: 1, next: { id: 2, next: { id: 3 } } }],
  ["to the root, wrong inside", chain, '{"id":1,"next":{"id":"two or so"}}', none],
  [
    "through another",
    { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/B" }, B: choice } },
    '{"action":"buy"}',
    { action: "BUY" }
  ],
  ["with more beside", { ...object({ n: { $ref: "#/$defs/N", minimum: 3 } }), $defs: { N: integer } }, '{"n":1}', none],
  ["that leads nowhere", object({ a: { $ref: "#/$defs/Missing" } }), '{"a":1}', none],
  [
    "of a list",
    { type: "array", items: { $ref: "#/$defs/P" }, $defs: { P: object({ x: integer }) } },
    '[{"x":"1"},{"x":2}]',
    [{ x: 1 }, { x: 2 }]
  ],
  ["that refers to itself only", { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } }, '{"a":1}', none]
]

const counts = object({ counts: { type: "object", additionalProperties: integer } })
const prices: Shape = { type: "object", additionalProperties: { type: "number" } }

/** Objects with names of their own. */
export const recordsOfOwnNames: ReadonlyArray<Example> = [
  ["inside", counts, 'Here they are: {"counts":{"pears":1,"figs":2}}', { counts: { pears: 1, figs: 2 } }],
  ["as the whole", prices, '{"pears":1,"figs":2}', { pears: 1, figs: 2 }],
  ["of which nothing is said", object({ meta: { type: "object" } }), '{"meta":{"a":1}}', { meta: { a: 1 } }],
  ["with a value that does not fit", counts, '{"counts":{"pears":"many"}}', none],
  ["numbers in texts", prices, '{"pears":"1.50","figs":2}', { pears: 1.5, figs: 2 }],
  ["in an envelope", prices, '{"result":{"pears":1}}', { pears: 1 }],
  [
    "beside named properties",
    object({ id: integer }, { additionalProperties: { type: "boolean" } }),
    '{"id":"7","new":"yes"}',
    { id: 7, new: true }
  ],
  [
    "of lists",
    { type: "object", additionalProperties: { type: "array", items: text } },
    '{"a":["x"],"b":[]}',
    { a: ["x"], b: [] }
  ],
  ["with nothing said at all", {}, 'Take {"a":[1,{"b":null}]}.', { a: [1, { b: null }] }],
  ["no others", object({ a: integer }, { additionalProperties: false }), '{"a":1,"b":2}', { a: 1 }],
  ["all others", object({ a: integer }, { additionalProperties: true }), '{"a":1,"b":[2]}', { a: 1, b: [2] }],
  [
    "by patterns",
    { type: "object", patternProperties: { "^n_": integer }, additionalProperties: false },
    '{"n_a":"1","x":2}',
    { n_a: 1 }
  ],
  ["by patterns, wrong", { type: "object", patternProperties: { "^n_": integer } }, '{"n_a":"one or two"}', none],
  ["names that are held to a pattern", { type: "object", propertyNames: { pattern: "^[a-z]+$" } }, '{"A1":1}', none],
  ["too few", { type: "object", additionalProperties: integer, minProperties: 2 }, '{"a":1}', none],
  ["cut off", prices, '{"pears":1,"figs":2', { pears: 1 }],
  ["a property named like a method", prices, '{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }]
]

const circle = object({ kind: { const: "circle" }, radius: { type: "number" } })
const square = object({ kind: { const: "square" }, side: { type: "number" } })
const shape: Shape = { anyOf: [circle, square] }
const step: Shape = {
  oneOf: [
    object({ tool: { enum: ["search"] }, args: object({ query: text }) }),
    object({ tool: { enum: ["add"] }, args: object({ a: integer, b: integer }) })
  ]
}

/** Unions, and schemas made of several. */
export const unions: ReadonlyArray<Example> = [
  ["the first by its constant", shape, '{"kind":"circle","radius":"2"}', { kind: "circle", radius: 2 }],
  ["the second by its constant", shape, '{"kind":"Square","side":3,"radius":1}', { kind: "square", side: 3 }],
  ["the constant of one with the properties of another", shape, '{"kind":"circle","side":3}', none],
  ["no such constant", shape, '{"kind":"star","radius":2}', none],
  ["without the constant", shape, '{"radius":2}', none],
  ["one of a choice", step, '{"tool":"add","args":{"a":"1","b":2}}', { tool: "add", args: { a: 1, b: 2 } }],
  ["one of a choice with another's arguments", step, '{"tool":"search","args":{"a":1,"b":2}}', none],
  [
    "in a list, by references",
    {
      type: "array",
      items: { anyOf: [{ $ref: "#/$defs/C" }, { $ref: "#/$defs/S" }] },
      $defs: { C: circle, S: square }
    },
    '[{"kind":"square","side":1},{"kind":"circle","radius":2}]',
    [
      { kind: "square", side: 1 },
      { kind: "circle", radius: 2 }
    ]
  ],
  [
    "with what is common outside",
    {
      ...object({ id: integer }),
      oneOf: [
        { properties: { a: integer }, required: ["a"] },
        { properties: { b: text }, required: ["b"] }
      ]
    },
    '{"id":"1","b":"x"}',
    { id: 1, b: "x" }
  ],
  ["a text or a number, as it stands", object({ v: { anyOf: [integer, text] } }), '{"v":"12"}', { v: "12" }],
  ["a number or null", object({ v: { anyOf: [integer, { type: "null" }] } }), '{"v":"12"}', { v: 12 }],
  [
    "both fit, each with a part",
    { anyOf: [object({ a: integer }), object({ b: integer })] },
    '{"a":1,"b":2}',
    { a: 1, b: 2 }
  ],
  ["exactly one may fit", { oneOf: [object({ a: integer }), object({ b: integer })] }, '{"a":1,"b":2}', none],
  [
    "all of several",
    { allOf: [object({ a: integer }), object({ b: text })] },
    '{"a":"1","b":"x","c":0}',
    { a: 1, b: "x" }
  ],
  ["all of several, one missing", { allOf: [object({ a: integer }), object({ b: text })] }, '{"a":1}', none],
  [
    "one property in two of them",
    { allOf: [object({ a: integer }), object({ a: { minimum: 5 } })] },
    '{"a":"4"}',
    none
  ],
  [
    "a base and more",
    {
      allOf: [{ $ref: "#/$defs/Base" }, { properties: { size: integer }, required: ["size"] }],
      $defs: { Base: object({ id: integer }) }
    },
    '{"id":"1","size":"2"}',
    { id: 1, size: 2 }
  ],
  [
    "a condition",
    {
      ...object({ paid: { type: "boolean" } }),
      properties: { paid: { type: "boolean" }, by: text },
      if: { properties: { paid: { const: true } } },
      then: { required: ["by"] }
    },
    '{"paid":true}',
    none
  ],
  ["what must not be", object({ name: { ...text, not: { enum: ["root"] } } }), '{"name":"root"}', none]
]

/** Further keywords, each of which lets no wrong value through. */
export const keywords: ReadonlyArray<Example> = [
  ["a tuple", { type: "array", prefixItems: [text, integer], items: false }, '["a","1"]', ["a", 1]],
  ["a tuple with one too many", { type: "array", prefixItems: [text, integer], items: false }, '["a",1,2]', none],
  [
    "a tuple of draft 7",
    { type: "array", items: [text, integer] as never, additionalItems: false },
    '["a","1"]',
    ["a", 1]
  ],
  ["too few items", { type: "array", items: text, minItems: 2 }, '["a"]', none],
  ["too few items in bullets", { type: "array", items: text, minItems: 3 }, "- a\n- b", none],
  ["too many items", object({ tags: { type: "array", items: text, maxItems: 1 } }), '{"tags":["a","b"]}', none],
  ["items twice", { type: "array", items: text, uniqueItems: true }, '["a","a"]', none],
  ["an item that must be there", { type: "array", contains: { const: 1 } }, "[2,3]", none],
  ["a pattern", object({ code: { ...text, pattern: "^[A-Z]{2}\\d$" } }), '{"code":"AB1"}', { code: "AB1" }],
  ["a pattern missed", object({ code: { ...text, pattern: "^[A-Z]{2}\\d$" } }), '{"code":"ab1"}', none],
  ["a date", object({ on: { ...text, format: "date" } }), '{"on":"next week"}', none],
  ["a mail address", object({ to: { ...text, format: "email" } }), '{"to":"a@example.org"}', { to: "a@example.org" }],
  ["no mail address", object({ to: { ...text, format: "email" } }), '{"to":"Ada"}', none],
  ["too short", object({ name: { ...text, minLength: 1 } }), '{"name":""}', none],
  ["too long", object({ name: { ...text, maxLength: 3 } }), '{"name":"Adam"}', none],
  ["at an open bound", object({ x: { type: "number", exclusiveMinimum: 0 } }), '{"x":0}', none],
  ["no multiple", object({ x: { ...integer, multipleOf: 5 } }), '{"x":"12"}', none],
  ["types in a list", object({ x: { type: ["integer", "null"] } }), '{"x":"4"}', { x: 4 }],
  ["null of OpenAPI", object({ x: { ...text, nullable: true } }), '{"x":null}', { x: null }],
  ["not null", object({ x: text }), '{"x":null}', none],
  [
    "required with another",
    { ...object({}), properties: { a: integer, b: integer }, dependentRequired: { a: ["b"] } },
    '{"a":1}',
    none
  ],
  ["properties without a type", { properties: { n: integer }, required: ["n"] }, '{"n":"5"}', { n: 5 }],
  ["a bound without a type", object({ n: { minimum: 3 } }), '{"n":1}', none],
  [
    "JSON in a text, nested",
    object({ point: object({ x: integer }) }),
    String.raw`{"point":"{\"x\":\"1\"}"}`,
    { point: { x: 1 } }
  ],
  ["a schema of true", object({ any: true }), '{"any":[1]}', { any: [1] }]
]
