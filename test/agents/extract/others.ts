import type { Shape } from "../../../src/agents/Extract.ts"
import type { Example } from "./replies.ts"

const text = { type: "string" }
const number = { type: "number" }
export const trade: Shape = {
  type: "object",
  properties: {
    action: { type: "string", enum: ["buy", "sell", "hold"] },
    item: text,
    qty: { type: "integer" },
    price: number
  },
  required: ["action", "item", "qty", "price"]
}
export const plan: Shape = {
  type: "object",
  properties: { goal: text, steps: { type: "array", items: text }, hours: number },
  required: ["goal", "steps", "hours"]
}
export const report: Shape = {
  type: "object",
  properties: { done: { type: "boolean" }, output: text, score: number },
  required: ["done", "output", "score"]
}
export const rating: Shape = {
  type: "object",
  properties: { importance: { type: "integer", minimum: 1, maximum: 10 } },
  required: ["importance"]
}
export const place: Shape = {
  type: "object",
  properties: { place: text, note: { type: ["string", "null"] }, urgent: { type: "boolean" } },
  required: ["place"]
}
export const list: Shape = { type: "array", items: text }
const nested: Shape = {
  type: "object",
  properties: {
    from: { type: "object", properties: { name: text, age: { type: "integer" } }, required: ["name"] },
    tags: { type: "array", items: { type: "string", enum: ["a", "b", "c"] } },
    ratio: { type: "number", minimum: 0, maximum: 1 }
  },
  required: ["from", "ratio"]
}
export const bought = { action: "buy", item: "rope", qty: 4, price: 9.1 }
export const json = JSON.stringify(bought)
export const planned = { goal: "mend", steps: ["a b", "c d"], hours: 2 }
export const reported = { done: true, output: "ok then", score: 0.5 }
export const none = undefined
const action: Shape = { type: "string", enum: ["buy", "sell", "hold"] }

/** Further replies, of agents that trade, plan, report and rate. */
export const others: ReadonlyArray<Example> = [
  ["py fn call w json arg", trade, `trade(${json})`, bought],
  ["jsonp", trade, `callback(${json});`, bought],
  [
    "import json code",
    trade,
    "```python\nresult = {'action': 'buy', 'item': 'rope', 'qty': 4, 'price': 9.1}\nprint(json.dumps(result))\n```",
    bought
  ],
  ["Sure w/ quote", trade, `Sure! Here's the JSON you requested:\n\n'${json}'\n\nLet me know.`, bought],
  ["action react", trade, `Thought: I need rope.\nAction: trade\nAction Input: ${json}`, bought],
  ["react final", rating, `Thought: it's mundane.\nFinal Answer: 2`, { importance: 2 }],
  ["react final json", rating, `Observation: none\nFinal Answer: {"importance": 2}`, { importance: 2 }],
  [
    "anthropic invoke",
    trade,
    `<function_calls>\n<invoke name="trade">\n<parameter name="action">buy</parameter>\n<parameter name="item">rope</parameter>\n<parameter name="qty">4</parameter>\n<parameter name="price">9.1</parameter>\n</invoke>\n</function_calls>`,
    bought
  ],
  ["mistral calls", trade, `[TOOL_CALLS][{"name":"trade","arguments":${json}}]`, bought],
  ["llama python tag", trade, `<|python_tag|>{"name":"trade","parameters":${json}}`, bought],
  ["functionary", trade, `<function=trade>{"action":"buy","item":"rope","qty":4,"price":9.1}</function>`, bought],
  [
    "qwen param",
    trade,
    `<tool_call>\n<function=trade>\n<parameter=action>\nbuy\n</parameter>\n<parameter=item>\nrope\n</parameter>\n<parameter=qty>\n4\n</parameter>\n<parameter=price>\n9.1\n</parameter>\n</function>\n</tool_call>`,
    bought
  ],
  ["toml", trade, '```toml\naction = "buy"\nitem = "rope"\nqty = 4\nprice = 9.1\n```', bought],
  ["toml arr", plan, '```toml\ngoal = "mend"\nsteps = ["a b", "c d"]\nhours = 2\n```', planned],
  ["yaml doc", trade, "---\naction: buy\nitem: rope\nqty: 4\nprice: 9.10\n...", bought],
  ["yaml nested root", trade, "trade:\n  action: buy\n  item: rope\n  qty: 4\n  price: 9.1", bought],
  [
    "nested json",
    nested,
    'Here: {"from":{"name":"Ada","age":"3"},"tags":["A","b"],"ratio":"50%"}',
    { from: { name: "Ada", age: 3 }, tags: ["a", "b"], ratio: 0.5 }
  ],
  ["nested cut", nested, '{"ratio":0.5,"from":{"name":"Ada","age":3', { from: { name: "Ada" }, ratio: 0.5 }],
  [
    "nested cut opt",
    nested,
    '{"ratio":0.5,"from":{"name":"Ada"},"tags":["a","b',
    { from: { name: "Ada" }, ratio: 0.5 }
  ],
  ["steps numbered under heading", plan, "**Goal:** mend\n\n**Steps:**\n1. a b\n2. c d\n\n**Hours:** 2", planned],
  ["steps plain w/ hours unit", plan, "Goal: mend\nSteps:\n- a b\n- c d\nHours: 2 hours", planned],
  ["steps est time", plan, "Goal: mend\nSteps:\n- a b\n- c d\nEstimated hours: 2", none],
  ["steps semicolon", plan, "Goal: mend; Steps: a b, c d; Hours: 2", planned],
  ["steps json string arr", plan, `{"goal":"mend","steps":"[\\"a b\\",\\"c d\\"]","hours":2}`, planned],
  ["steps objs", plan, `{"goal":"mend","steps":[{"step":1,"text":"a b"}],"hours":2}`, none],
  ["emoji bool", report, "| done | output | score |\n|---|---|---|\n| ✅ | ok then | 0.5 |", reported],
  ["bool sentence", report, "Done: yes\nOutput: ok then\nScore: 0.5/1", none],
  ["report pct", report, `{"done":true,"output":"ok then","score":"50%"}`, none],
  ["multi line prose w/ score", report, "The task is done. Score: 0.5", none],
  ["two jsons same", rating, `{"importance": 5}\n\nSo: {"importance": 5}`, { importance: 5 }],
  ["json then prose number", rating, `{"importance": 5}\nThis is a 5 since 3 people were hurt.`, { importance: 5 }],
  ["bold rating", rating, "**Importance Rating: 7/10**\n\nThis event shaped her life.", { importance: 7 }],
  ["rating colon newline", rating, "Importance:\n7", { importance: 7 }],
  ["rating stars", rating, "Importance: ⭐⭐⭐", none],
  [
    "poignancy",
    rating,
    "On the scale of 1 to 10, I'd rate the poignancy as a 2, because brushing teeth is mundane.",
    { importance: 2 }
  ],
  ["scale only", rating, "I'd need more context on a scale from 1 to 10.", none],
  ["number first then why", rating, "4\n\nIt is a mildly important memory: 2 friends met.", { importance: 4 }],
  ["number w/ dot", rating, "7.", { importance: 7 }],
  ["decimal rating", rating, "I would rate it 7.5.", none],
  ["8+", rating, "8+", none],
  ["~8", rating, "~8", none],
  ["8 hash", rating, "#8", none],
  ["rating json string float", rating, `{"importance":"8.0"}`, { importance: 8 }],
  ["rating float", rating, `{"importance":7.5}`, none],
  ["rating word json", rating, `{"importance":"high"}`, none],
  ["memory: list of ints", rating, "Memory 1: 3\nMemory 2: 7", none],
  ["out then in", rating, "First 12, then... Importance: 7", { importance: 7 }],
  ["neg", rating, `{"importance":-3}`, none],
  ["list intro+code", list, "```\nRosa Lind\nBrann Holt\n```", ["Rosa Lind", "Brann Holt"]],
  ["list quotes bullets", list, '- "Rosa Lind"\n- "Brann Holt"', ["Rosa Lind", "Brann Holt"]],
  ["list parens", list, "1) Rosa Lind\n2) Brann Holt", ["Rosa Lind", "Brann Holt"]],
  ["list python", list, "['Rosa Lind', 'Brann Holt']", ["Rosa Lind", "Brann Holt"]],
  ["list py var", list, "people = ['Rosa Lind', 'Brann Holt']", ["Rosa Lind", "Brann Holt"]],
  ["list set/tuple", list, "('Rosa Lind', 'Brann Holt')", none],
  ["list in prose", list, 'I suggest ["Rosa Lind", "Brann Holt"] as both are near.', ["Rosa Lind", "Brann Holt"]],
  ["list desc", list, "- Rosa Lind: she sells rope\n- Brann Holt: he owns a mule", none],
  ["list blank lines", list, "1. Rosa Lind\n\n2. Brann Holt\n\n3. Wen Liu", ["Rosa Lind", "Brann Holt", "Wen Liu"]],
  ["list comma prose", list, "Rosa Lind, Brann Holt, Wen Liu", ["Rosa Lind", "Brann Holt", "Wen Liu"]],
  ["list none", list, "None", none],
  ["list bullets unicode", list, "• Rosa Lind\n• Brann Holt", ["Rosa Lind", "Brann Holt"]],
  ["list jsonl strings", list, '"Rosa Lind"\n"Brann Holt"', ["Rosa Lind", "Brann Holt"]],
  ["list wrapped obj arr", list, '{"names":["Rosa Lind","Brann Holt"],"count":2}', ["Rosa Lind", "Brann Holt"]],
  ["list objs names", list, '[{"name":"Rosa Lind"},{"name":"Brann Holt"}]', none],
  [
    "list items xml",
    list,
    "<people><person>Rosa Lind</person><person>Brann Holt</person></people>",
    ["Rosa Lind", "Brann Holt"]
  ],
  ["list trailing prose bullets", list, "- Rosa Lind\n- Brann Holt\n\nI chose them because:\n- they are near", none],
  [
    "refuse then example",
    trade,
    'I cannot decide. If prices were known I\'d answer like {"action": "buy", "item": "...", "qty": 0, "price": 0}.',
    none
  ],
  ["null all", trade, '{"action": null, "item": null, "qty": null, "price": null}', none],
  ["empty obj", trade, "{}", none],
  ["empty place", place, "{}", none],
  ["place sentence", place, "place: salt house", { place: "salt house" }],
  [
    "place note none",
    place,
    "Place: salt house\nNote: None\nUrgent: no",
    { place: "salt house", note: null, urgent: false }
  ],
  [
    "place note na json",
    place,
    '{"place":"salt house","note":"N/A","urgent":"false"}',
    { place: "salt house", note: "N/A", urgent: false }
  ],
  ["enum syn", trade, `{"action":"purchase","item":"rope","qty":4,"price":9.1}`, none],
  ["enum inflect", trade, `{"action":"buying","item":"rope","qty":4,"price":9.1}`, none],
  ["qty text word", trade, `{"action":"buy","item":"rope","qty":"four","price":9.1}`, bought],
  ["price currency suffix", trade, `{"action":"buy","item":"rope","qty":4,"price":"9.10 €"}`, bought],
  ["price USD", trade, `{"action":"buy","item":"rope","qty":4,"price":"USD 9.10"}`, bought],
  ["price unquoted $", trade, `{"action":"buy","item":"rope","qty":4,"price":$9.10}`, bought],
  ["math expr", trade, `{"action":"buy","item":"rope","qty":2*2,"price":9.1}`, none],
  ["trail semicolon", trade, `{"action":"buy";"item":"rope";"qty":4;"price":9.1}`, none],
  ["html pre", trade, `<pre><code>${json.replaceAll('"', "&quot;")}</code></pre>`, bought],
  ["html br", trade, "action: buy<br>item: rope<br>qty: 4<br>price: 9.1", bought],
  [
    "escaped underscores md",
    { type: "object", properties: { due_day: { type: "integer" }, who_pays: text }, required: ["due_day", "who_pays"] },
    "**due\\_day**: 4\n**who\\_pays**: Ada",
    { due_day: 4, who_pays: "Ada" }
  ],
  [
    "camel",
    { type: "object", properties: { due_day: { type: "integer" }, who_pays: text }, required: ["due_day", "who_pays"] },
    '{"dueDay":4,"whoPays":"Ada"}',
    { due_day: 4, who_pays: "Ada" }
  ],
  ["control char", trade, '{"action":"buy","item":"ro\tpe","qty":4,"price":9.1}', { ...bought, item: "ro\tpe" }],
  [
    "CRLF",
    trade,
    '```json\r\n{\r\n"action":"buy",\r\n"item":"rope",\r\n"qty":4,\r\n"price":9.1\r\n}\r\n```\r\n',
    bought
  ],
  ["CRLF lines", trade, "action: buy\r\nitem: rope\r\nqty: 4\r\nprice: 9.1\r\n", bought],
  [
    "draft hold/final in words",
    { type: "object", properties: { action }, required: ["action"] },
    "I first thought to buy, but the price is high. Final decision: hold.",
    { action: "hold" }
  ],
  [
    "action quoted",
    { type: "object", properties: { action }, required: ["action"] },
    'My action is "sell".',
    { action: "sell" }
  ],
  [
    "bool false prose",
    { type: "object", properties: { done: { type: "boolean" } }, required: ["done"] },
    "The task is not done.",
    none
  ],
  ["number scalar", { type: "number" }, "42", 42],
  ["number scalar fence", { type: "number" }, "```\n42\n```", 42],
  ["int sentence scalar", { type: "integer", minimum: 1, maximum: 10 }, "I'd say 7 out of 10.", 7],
  ["enum scalar", { type: "string", enum: ["red", "blue"] }, "Blue.", "blue"],
  ["string scalar", { type: "string" }, '"salt house"', "salt house"],
  ["bool scalar", { type: "boolean" }, "True", true],
  ["scalar thousands", { type: "number" }, "The total value is 1,250 coins.", 1250],
  [
    "single number key plural",
    { type: "object", properties: { hours: number }, required: ["hours"] },
    "It should take 3 hours.",
    { hours: 3 }
  ],
  [
    "single hours wrong unit",
    { type: "object", properties: { hours: number }, required: ["hours"] },
    "It should take 3 days.",
    none
  ],
  [
    "single hours 1.5",
    { type: "object", properties: { hours: number }, required: ["hours"] },
    "hours: 1.5h",
    { hours: 1.5 }
  ],
  ["json w/ comment numbers", rating, `{\n  "importance": 7 // out of 10, was 6\n}`, { importance: 7 }],
  ["markdown json bold", trade, `**${json}**`, bought],
  ["latex", trade, `$${json}$`, bought],
  ["trailing ellipsis prose", trade, `...${json}...`, bought],
  [
    "nested quotes single in single",
    trade,
    `{'action': 'buy', 'item': 'Rosa's rope', 'qty': 4, 'price': 9.1}`,
    { ...bought, item: "Rosa's rope" }
  ],
  ["prefix key echo", trade, `"answer": ${json}`, bought],
  [
    "answers numbered",
    trade,
    `Option 1: ${JSON.stringify({ ...bought, qty: 1 })}\nOption 2: ${JSON.stringify({ ...bought, qty: 2 })}\nI choose option 1.`,
    none
  ],
  ["streams cut number mid", trade, `{"action":"buy","item":"rope","price":9.1,"qty":-`, none],
  ["interrupted by error", trade, `{"action":"buy","item":"rope","qty":4,[ERROR: connection lost]`, none],
  ["date str", place, `{"place":"salt house","note":"2024-01-02"}`, { place: "salt house", note: "2024-01-02" }]
]
