import type { Shape } from "../../../src/agents/Extract.ts"
import { bought, json, list, none, place, plan, planned, rating, report, reported, trade } from "./others.ts"
import type { Example } from "./replies.ts"

const act: Shape = {
  type: "object",
  properties: { action: { type: "string", enum: ["buy", "sell", "hold"] } },
  required: ["action"]
}

/** Replies that look like an answer and are none, and answers in strange clothes. */
export const strange: ReadonlyArray<Example> = [
  ["missing both", trade, `"action":"buy","item":"rope","qty":4,"price":9.1`, bought],
  ["names either", list, "I should talk to Rosa Lind or Wen Liu.", none],
  ["names not", list, "I should not talk to Rosa Lind and Wen Liu.", none],
  ["step n", list, "Step 1: fetch the crane\nStep 2: load the ketch", ["fetch the crane", "load the ketch"]],
  ["bold step", list, "**Step 1:** fetch the crane\n**Step 2:** load the ketch", ["fetch the crane", "load the ketch"]],
  ["html li", list, "<ul><li>Rosa Lind</li><li>Wen Liu</li></ul>", ["Rosa Lind", "Wen Liu"]],
  ["html ol nl", list, "<ol>\n  <li>Rosa Lind</li>\n  <li>Wen Liu</li>\n</ol>", ["Rosa Lind", "Wen Liu"]],
  ["example only", trade, `I can't say yet. An answer would look like ${json}`, none],
  [
    "for example",
    trade,
    `${json}\n\nFor example, with less money: {"action":"hold","item":"rope","qty":0,"price":9.1}`,
    bought
  ],
  ["considered json, settle prose", rating, `I considered {"importance": 3} but settled on 8.`, { importance: 8 }],
  ["format then words", rating, `The format should be {"importance": 5}.\nMy rating is 7.`, { importance: 7 }],
  ["patch", trade, `${json}\nUpdate: {"qty": 3}`, none],
  ["reason 3 people", rating, `{"importance": 5}\nReason: it hurt 3 people but nobody died.`, { importance: 5 }],
  ["single noun", rating, "There were 7 guests.", none],
  ["about noun", rating, "The memory is about 7 guests.", none],
  ["price prose act", act, "The price to buy is high.", none],
  ["I will hold", act, "I will hold for now.", { action: "hold" }],
  ["lets buy", act, "Let's buy!", { action: "buy" }],
  ["bold enum", act, "My decision: **SELL**", { action: "sell" }],
  ["enum then reason", act, "Sell. The price is high, and I would buy later.", none],
  ["rate words bold", rating, "**Rating: eight**", { importance: 8 }],
  ["I'd say a 6", rating, "I'd say a 6, since it matters a bit.", { importance: 6 }],
  ["rating of 6", rating, "This deserves a rating of 6.", { importance: 6 }],
  ["6 for importance", rating, "6 for importance.", { importance: 6 }],
  ["importance level", rating, "Importance level: 6", { importance: 6 }],
  ["importance score", rating, "Importance score: 6", { importance: 6 }],
  ["multi think", rating, "<think>5?</think><think>6?</think>\n7", { importance: 7 }],
  ["ollama", rating, 'Thinking...\nmaybe {"importance": 3}\n...done thinking.\n\n{"importance": 6}', { importance: 6 }],
  ["paren think", rating, '[REASONING]{"importance":3}[/REASONING]{"importance":6}', { importance: 6 }],
  [
    "percent score",
    { type: "object", properties: { score: { type: "number", minimum: 0, maximum: 1 } }, required: ["score"] },
    "Score: 85%",
    { score: 0.85 }
  ],
  [
    "score 0.8",
    { type: "object", properties: { score: { type: "number", minimum: 0, maximum: 1 } }, required: ["score"] },
    "I'm fairly confident; score 0.8.",
    { score: 0.8 }
  ],
  [
    "score out of 1",
    { type: "object", properties: { score: { type: "number", minimum: 0, maximum: 1 } }, required: ["score"] },
    "0.8 out of 1",
    { score: 0.8 }
  ],
  ["hours half", plan, "Goal: mend\nSteps:\n1. a b\n2. c d\nHours: half", none],
  ["hours 1.5-2", plan, "Goal: mend\nSteps:\n1. a b\n2. c d\nHours: 1.5-2", none],
  ["hours ~2", plan, "Goal: mend\nSteps:\n1. a b\n2. c d\nHours: ~2", none],
  ["hours approx", plan, "Goal: mend\nSteps:\n1. a b\n2. c d\nHours: approximately 2 hours", none],
  ["steps nested bullets", plan, "- Goal: mend\n- Steps:\n  - a b\n  - c d\n- Hours: 2", planned],
  ["steps nested num", plan, "1. Goal: mend\n2. Steps:\n   1. a b\n   2. c d\n3. Hours: 2", planned],
  ["steps semicolon in key", plan, "goal: mend\nsteps: a b; c d\nhours: 2", planned],
  ["steps arrow", plan, "goal: mend\nsteps: a b -> c d\nhours: 2", planned],
  ["plan headings", plan, "# Goal\nmend\n\n# Steps\n1. a b\n2. c d\n\n# Hours\n2\n", planned],
  ["plan headings closing", plan, "## Goal\nmend\n## Steps\n- a b\n- c d\n## Hours\n2\n\nGood luck!", planned],
  ["yaml multi doc", plan, "goal: mend\nsteps:\n  - a b\n  - c d\nhours: 2\n---\nThat is my plan.", planned],
  [
    "yaml quoted colon",
    plan,
    "goal: \"mend: net\"\nsteps:\n  - 'a: b'\n  - c d\nhours: 2.0",
    { goal: "mend: net", steps: ["a: b", "c d"], hours: 2 }
  ],
  ["json5", plan, "{goal:'mend',steps:['a b','c d',],hours:+2,}", planned],
  ["python triple", report, `{'done': True, 'output': '''ok then''', 'score': .5}`, reported],
  ["py f", report, `{"done": True, "output": "ok then", "score": 5e-1}`, reported],
  ["done: yes, with score words", report, "done: yes\noutput: ok then\nscore: 0.5\n\nNext I will rest.", reported],
  ["rep bold list colon in", report, "- **Done**: ✅\n- **Output**: ok then\n- **Score**: 0.5", reported],
  [
    "rep text output colon",
    report,
    "Done: true\nOutput: result: 5 nails\nScore: 0.5",
    { done: true, output: "result: 5 nails", score: 0.5 }
  ],
  [
    "json output w newline escaped",
    report,
    `{"done": true, "output": "a\\nb", "score": 0.5}`,
    { done: true, output: "a\nb", score: 0.5 }
  ],
  ["json in md bold key", report, '{**"done"**: true, "output": "ok then", "score": 0.5}', none],
  [
    "nested str json w fence",
    report,
    JSON.stringify({ content: "```json\n" + JSON.stringify(reported) + "\n```" }),
    reported
  ],
  [
    "claude content array",
    report,
    JSON.stringify({ content: [{ type: "text", text: JSON.stringify(reported) }] }),
    reported
  ],
  ["claude tool_use", report, JSON.stringify({ type: "tool_use", id: "x", name: "report", input: reported }), reported],
  ["gemini functionCall", report, JSON.stringify({ functionCall: { name: "report", args: reported } }), reported],
  [
    "parts",
    report,
    JSON.stringify({ candidates: [{ content: { parts: [{ text: JSON.stringify(reported) }] } }] }),
    reported
  ],
  ["options member", trade, JSON.stringify({ options: [bought, { ...bought, qty: 9 }], choice: bought }), bought],
  ["array two same", trade, `[${json},${json}]`, bought],
  ["trailing dots", trade, `${json.slice(0, -1)}, ...}`, none],
  ["cut number dot", trade, `{"action":"buy","item":"rope","price":9.1,"qty":4,"note":"`, bought],
  ["cut in key", trade, `{"action":"buy","item":"rope","price":9.1,"qty":4,"no`, bought],
  ["cut minus", trade, `{"action":"buy","item":"rope","qty":4,"price":-`, none],
  ["cut exp", trade, `{"action":"buy","item":"rope","qty":4,"price":9e`, none],
  ["cut fence", list, '```json\n["Rosa Lind", "Wen', none],
  ["mid-word", place, '{"place":"salt ho', none],
  ["note mid esc", place, '{"place":"salt house","note":"a\\', { place: "salt house" }],
  ["empty string req", place, '{"place":""}', { place: "" }],
  ["ws enum", trade, `{"action":"buy ","item":"rope","qty":" 4 ","price":"9.1 "}`, bought],
  ["qty 4.0", trade, `{"action":"buy","item":"rope","qty":4.0,"price":9.1}`, bought],
  ["qty '4 units'", trade, `{"action":"buy","item":"rope","qty":"4 units","price":"9.1 coins per unit"}`, bought],
  ["price list", trade, `{"action":"buy","item":"rope","qty":4,"price":[9.1]}`, none],
  ["price obj", trade, `{"action":"buy","item":"rope","qty":4,"price":{"amount":9.1,"currency":"c"}}`, none],
  ["neg price", trade, `{"action":"buy","item":"rope","qty":-4,"price":9.1}`, { ...bought, qty: -4 }],
  ["russian", place, '{"place":"соляной дом","note":null}', { place: "соляной дом", note: null }],
  ["emoji", place, 'Sure 😀 {"place":"salt 🧂 house"} 😀', { place: "salt 🧂 house" }],
  ["guillemets", place, "{«place»: «salt house»}", { place: "salt house" }],
  ["low quotes", place, "{„place“: „salt house“}", { place: "salt house" }],
  ["backticks", place, "{`place`: `salt house`}", { place: "salt house" }],
  ["colon eq", place, '{"place" := "salt house"}', { place: "salt house" }],
  ["ruby", place, '{:place=>"salt house", :urgent=>false}', { place: "salt house", urgent: false }],
  ["lua", place, "{place = 'salt house', urgent = false}", { place: "salt house", urgent: false }],
  ["elixir map", place, '%{place: "salt house", urgent: false}', { place: "salt house", urgent: false }],
  ["go", place, 'Place{Place: "salt house", Urgent: false}', { place: "salt house", urgent: false }],
  ["sql-ish", trade, "action='buy' AND item='rope' AND qty=4 AND price=9.1", bought],
  ["url query", trade, "action=buy&item=rope&qty=4&price=9.1", bought],
  ["semicolon line", trade, "action: buy; item: rope; qty: 4; price: 9.1.", bought],
  ["and sentence", trade, "Action: buy, Item: rope, Qty: 4 and Price: 9.1", bought],
  ["dash pairs", trade, "Action - buy\nItem - rope\nQty - 4\nPrice - 9.1", bought],
  ["pipe heading", trade, "Action | buy\nItem | rope\nQty | 4\nPrice | 9.1", bought],
  ["tab", trade, "action\tbuy\nitem\trope\nqty\t4\nprice\t9.1", bought],
  ["csv no header", trade, "buy,rope,4,9.1", none],
  ["csv quoted", trade, 'action,item,qty,price\n"buy","rope",4,9.1', bought],
  [
    "numbered options",
    trade,
    "1. action: buy, item: rope, qty: 4, price: 9.1\n2. action: hold, item: rope, qty: 0, price: 9.1",
    none
  ]
]
