import type { Shape } from "../../../src/agents/Extract.ts"

/** A reply as models give them, and what is in it; `undefined` where nothing may be taken. */
export type Example = readonly [kind: string, shape: Shape, reply: string, gold: unknown]

const text = { type: "string" }
const number = { type: "number" }

export const order: Shape = {
  type: "object",
  properties: {
    side: { type: "string", enum: ["lend", "return", "keep"] },
    thing: text,
    count: { type: "integer" },
    fee: number
  },
  required: ["side", "thing", "count", "fee"]
}
export const plan: Shape = {
  type: "object",
  properties: { aim: text, tasks: { type: "array", items: text }, days: number },
  required: ["aim", "tasks", "days"]
}
export const weight: Shape = {
  type: "object",
  properties: { weight: { type: "integer", minimum: 1, maximum: 10 } },
  required: ["weight"]
}
export const trust: Shape = {
  type: "object",
  properties: { trust: { type: "number", minimum: 0, maximum: 1 } },
  required: ["trust"]
}
export const visit: Shape = {
  type: "object",
  properties: {
    where: text,
    remark: { type: ["string", "null"] },
    pressing: { type: "boolean" },
    guests: { type: "integer" }
  },
  required: ["where"]
}
export const verdict: Shape = {
  type: "object",
  properties: { verdict: { type: "string", enum: ["approve", "reject", "needs_review"] } },
  required: ["verdict"]
}
export const open: Shape = { type: "object", properties: { open: { type: "boolean" } }, required: ["open"] }
export const names: Shape = { type: "array", items: text }
export const numbers: Shape = { type: "array", items: { type: "integer", minimum: 0, maximum: 100 } }
export const people: Shape = {
  type: "array",
  items: { type: "object", properties: { name: text, age: { type: "integer" } }, required: ["name", "age"] }
}

const loan = { side: "lend", thing: "ladder", count: 2, fee: 1.5 }
const json = JSON.stringify(loan)

export const examples: ReadonlyArray<Example> = [
  // Decorations
  ["tilde fence", order, `~~~json\n${json}\n~~~`, loan],
  ["fence in a list", order, `1. My decision:\n   \`\`\`json\n   ${json}\n   \`\`\``, loan],
  [
    "two fences, the last is the answer",
    order,
    `\`\`\`json\n{"side":"keep","thing":"ladder","count":0,"fee":0}\n\`\`\`\nOn second thought:\n\`\`\`json\n${json}\n\`\`\``,
    loan
  ],
  ["fence with a title", order, `\`\`\`json title="answer.json"\n${json}\n\`\`\``, loan],
  ["assignment in code", order, `\`\`\`js\nconst answer = ${json};\n\`\`\``, loan],
  ["quoted as a citation", order, `> ${json}`, loan],
  ["a note with numbers behind", order, `${json}\n\nNote: 2 of the 5 ladders are broken, so I kept 3.`, loan],
  ["a link and a footnote", order, `See [the rules](https://example.com/a?b={c}) [1].\n${json} [2]`, loan],
  ["stop signs of a template", order, `<|im_start|>assistant\n${json}<|im_end|>`, loan],
  [
    "channels of a template",
    order,
    `<|channel|>analysis<|message|>Maybe {"side":"keep","thing":"ladder","count":0,"fee":0}<|end|><|start|>assistant<|channel|>final<|message|>${json}`,
    loan
  ],
  [
    "thinking without its beginning",
    order,
    `Perhaps {"side":"keep","thing":"x","count":1,"fee":1}?\n</think>\n\n${json}`,
    loan
  ],
  ["thinking that never ends", order, `<think>I could say ${json} but`, undefined],
  [
    "thinking after the answer",
    order,
    `${json}\n<thinking>{"side":"keep","thing":"ladder","count":0,"fee":0}</thinking>`,
    loan
  ],
  [
    "reasoning tags with attributes",
    order,
    `<reasoning effort="high">{"side":"keep","thing":"a","count":1,"fee":1}</reasoning>${json}`,
    loan
  ],
  ["answer tag without its end", order, `Thoughts first.\n<answer>\n${json}`, loan],
  ["a refusal in the answer tag", order, `Draft: ${json}\n<answer>I can't answer.</answer>`, undefined],
  [
    "schema echoed before",
    order,
    `{"type":"object","properties":{"side":{"type":"string","enum":["lend","return","keep"]},"thing":{"type":"string"},"count":{"type":"integer"},"fee":{"type":"number"}}}\n\n${json}`,
    loan
  ],
  [
    "schema echoed alone",
    order,
    `{"type":"object","properties":{"side":{"type":"string","enum":["lend","return","keep"]},"thing":{"type":"string"},"count":{"type":"integer"},"fee":{"type":"number"}},"required":["side"]}`,
    undefined
  ],
  [
    "a template before",
    order,
    `Format: {"side": "lend|return|keep", "thing": "...", "count": 0, "fee": 0}\nAnswer: ${json}`,
    loan
  ],
  [
    "a template alone",
    order,
    `I will answer as {"side": "<side>", "thing": "<thing>", "count": <count>, "fee": <fee>}.`,
    undefined
  ],
  ["types in place of values", plan, `{"aim": "string", "tasks": ["string"], "days": "number"}`, undefined],
  // Broken JSON
  [
    "inner quotes left as they are",
    order,
    `{"side":"lend","thing":"the "long" ladder","count":2,"fee":1.5}`,
    { ...loan, thing: 'the "long" ladder' }
  ],
  [
    "inner quotes and a comma",
    order,
    `{"side":"lend","thing":"the "long", heavy ladder","count":2,"fee":1.5}`,
    { ...loan, thing: 'the "long", heavy ladder' }
  ],
  ["a quote forgotten before the end", order, `{"side":"lend","count":2,"fee":1.5,"thing":"ladder}`, loan],
  ["equals signs", order, `{side = "lend", thing = "ladder", count = 2, fee = 1.5}`, loan],
  ["arrows", order, `{:side => "lend", "thing" => "ladder", "count" => 2, "fee" => 1.5}`.replace("{:", "{"), loan],
  ["bare words", order, `{side: lend, thing: long ladder, count: 2, fee: 1.5}`, { ...loan, thing: "long ladder" }],
  ["wrong closing bracket", plan, `{"aim":"roof","tasks":["a","b"},"days":2}`, undefined],
  [
    "a bracket missing inside",
    plan,
    `{"aim":"roof","days":2,"tasks":["a","b"}`,
    { aim: "roof", tasks: ["a", "b"], days: 2 }
  ],
  ["one bracket too many", order, `${json}}`, loan],
  ["double commas", order, `{"side":"lend",,"thing":"ladder","count":2,"fee":1.5}`, loan],
  ["doubled braces", order, `{${json}}`, loan],
  [
    "thousands apart in a text",
    order,
    `{"side": "lend", "thing": "nails", "count": "12,000", "fee": "$1,250.50"}`,
    { side: "lend", thing: "nails", count: 12000, fee: 1250.5 }
  ],
  [
    "a plus sign",
    order,
    `{"side": "lend", "thing": "nails", "count": +3, "fee": .5}`,
    { side: "lend", thing: "nails", count: 3, fee: 0.5 }
  ],
  [
    "joined texts",
    order,
    `{"side": "lend", "thing": "long " + "ladder", "count": 2, "fee": 1.5}`,
    { ...loan, thing: "long ladder" }
  ],
  ["three quotes", order, `{"side": "lend", "thing": """ladder""", "count": 2, "fee": 1.5}`, loan],
  ["escapes outside a text", order, String.raw`{\"side\":\"lend\",\"thing\":\"ladder\",\"count\":2,\"fee\":1.5}`, loan],
  [
    "line breaks written out",
    order,
    String.raw`{\n  "side": "lend",\n  "thing": "ladder",\n  "count": 2,\n  "fee": 1.5\n}`,
    loan
  ],
  [
    "unicode escapes",
    order,
    String.raw`{"side":"lend","thing":"caf\u00e9 \ud83e\ude9c","count":2,"fee":1.5}`,
    { ...loan, thing: "café 🪜" }
  ],
  [
    "an escape that is none",
    order,
    String.raw`{"side":"lend","thing":"5\' ladder","count":2,"fee":1.5}`,
    { ...loan, thing: "5' ladder" }
  ],
  [
    "entities for all marks",
    order,
    "{&#34;side&#34;:&#34;lend&#34;,&#34;thing&#34;:&#34;rope &amp; ladder&#34;,&#34;count&#34;:2,&#34;fee&#34;:1.5}",
    { ...loan, thing: "rope & ladder" }
  ],
  [
    "entities in a text stay",
    order,
    `{"side":"lend","thing":"rope &amp; ladder","count":2,"fee":1.5}`,
    { ...loan, thing: "rope &amp; ladder" }
  ],
  [
    "a comment with quotes",
    order,
    `{"side":"lend", // the "short" one isn't free\n"thing":"ladder","count":2,"fee":1.5}`,
    loan
  ],
  [
    "braces in a text",
    order,
    `{"side":"lend","thing":"a } and { b","count":2,"fee":1.5}`,
    { ...loan, thing: "a } and { b" }
  ],
  [
    "a fence in a text",
    order,
    JSON.stringify({ ...loan, thing: "```\nladder\n```" }) + " ok",
    { ...loan, thing: "```\nladder\n```" }
  ],
  ["no brackets at all", order, `"side": "lend",\n"thing": "ladder",\n"count": 2,\n"fee": 1.5`, loan],
  ["NaN", order, `{"side":"lend","thing":"ladder","count":2,"fee":NaN}`, undefined],
  ["infinity", order, `{"side":"lend","thing":"ladder","count":2,"fee":1e999}`, undefined],
  ["a number that is no number", order, `{"side":"lend","thing":"ladder","count":"a few","fee":1.5}`, undefined],
  ["half a thing", order, `{"side":"lend","thing":"ladder","count":2.5,"fee":1.5}`, undefined],
  ["a decimal comma", order, `{"side":"lend","thing":"ladder","count":2,"fee":"1,5"}`, undefined],
  ["a range", order, `{"side":"lend","thing":"ladder","count":"2-3","fee":1.5}`, undefined],
  ["the last of repeated keys", weight, `{"weight": 5, "weight": 7}`, { weight: 7 }],
  // Cut off
  ["cut in the last text", order, `{"side":"lend","count":2,"fee":1.5,"thing":"lad`, undefined],
  ["cut behind a point", order, `{"side":"lend","thing":"ladder","count":2,"fee":1.`, undefined],
  ["cut in a word", visit, `{"where":"mill","pressing":tr`, { where: "mill" }],
  ["cut in a text that may be missing", visit, `{"where":"mill","remark":"bring the lad`, { where: "mill" }],
  ["cut behind a key", visit, `{"where":"mill","remark"`, { where: "mill" }],
  ["cut behind a colon", visit, `{"where":"mill","remark":`, { where: "mill" }],
  ["cut in a list", names, `["Ada", "Bo", "Cle`, undefined],
  ["cut behind a comma", names, `["Ada", "Bo",`, undefined],
  ["cut in the list of an object", plan, `{"aim":"roof","days":2,"tasks":["climb up","mend`, undefined],
  ["cut in the final answer", order, `Draft: ${json}\nFinal: {"side":"keep","thing":"lad`, undefined],
  ["cut inside a fence", order, '```json\n{"side":"lend","thing":"lad', undefined],
  ["a bracket missing in a fence", order, `\`\`\`json\n${json.slice(0, -1)}\n\`\`\`\nHope this helps!`, loan],
  ["cut behind a number that may go on", weight, `{"weight":1`, undefined],
  ["cut behind a number that may go on, in single quotes", weight, `{'weight': 1`, undefined],
  ["cut behind a number that can have no more digits", weight, `{"weight":7`, { weight: 7 }],
  ["cut behind the greatest number", weight, `{"weight":10`, { weight: 10 }],
  ["a bracket missing on the line below a number", weight, `{"weight":1\n`, { weight: 1 }],
  ["cut behind a number with a fraction", trust, `{"trust":0.8`, undefined],
  ["cut behind a number that may be missing", visit, `{"where":"mill","guests":1`, { where: "mill" }],
  ["cut behind a number in a list", numbers, `[10, 20, 3`, undefined],
  ["cut behind a number in a list of objects", people, `[{"name":"Ada","age":3`, undefined],
  ["cut behind a number that is not the last", order, `{"thing":"ladder","fee":1.5,"side":"lend","count":2`, undefined],
  ["a bracket missing behind the last of several", order, json.slice(0, -1), loan],
  ["cut behind a number in an envelope", weight, `{"answer":{"weight":1`, undefined],
  // A doubt between two
  ["one or the other", weight, `{"weight":1} or {"weight":2}`, undefined],
  ["one or else the other, in fences", weight, '```json\n{"weight":1}\n```\nor\n```json\n{"weight":2}\n```', undefined],
  ["alternatively", weight, `First draft: {"weight":1}. Alternatively {"weight":2}`, undefined],
  ["another possibility", weight, `{"weight":1}. Another possibility is {"weight":2}`, undefined],
  ["perhaps the other", weight, `{"weight":2}, perhaps {"weight":3}`, undefined],
  ["one list or the other", names, `["Ada"] or ["Bo"]`, undefined],
  ["alternatively, line by line", weight, "weight: 1\nAlternatively, weight: 2", undefined],
  ["one and the same", weight, `{"weight":2} or {"weight":2}`, { weight: 2 }],
  ["or rather the other", weight, `{"weight":1}, or rather {"weight":2}`, { weight: 2 }],
  ["two and then one", weight, `{"weight":1} or {"weight":2}? Final: {"weight":2}`, { weight: 2 }],
  ["something left out", names, `["Ada", "Bo", ...]`, undefined],
  // Envelopes
  [
    "a function call",
    order,
    `{"type":"function","function":{"name":"trade","arguments":${JSON.stringify(json)}}}`,
    loan
  ],
  [
    "a list of calls",
    order,
    `{"tool_calls":[{"id":"call_1","function":{"name":"trade","arguments":${JSON.stringify(json)}}}]}`,
    loan
  ],
  ["a whole completion", order, JSON.stringify({ choices: [{ message: { role: "assistant", content: json } }] }), loan],
  ["a call in Python", order, `trade(side="lend", thing="ladder", count=2, fee=1.5)`, loan],
  ["a call in tags", order, `<function=trade>${json}</function>`, loan],
  [
    "parameters in tags",
    order,
    `<tool_call><function=trade><parameter=side>lend</parameter></function></tool_call>`,
    undefined
  ],
  ["draft and final in one", order, `{"draft":{"side":"keep","thing":"x","count":1,"fee":0},"final":${json}}`, loan],
  ["thoughts beside", order, `{"thoughts":"cheap","answer":${json}}`, loan],
  ["two different answers in a list", order, `[${json},{"side":"keep","thing":"x","count":1,"fee":0}]`, undefined],
  ["a list in an envelope", names, `{"people": ["Ada", "Bo"]}`, ["Ada", "Bo"]],
  ["encoded twice", order, JSON.stringify(JSON.stringify(json)), loan],
  ["an error in place of an answer", order, `{"error": "rate limited", "code": 429}`, undefined],
  [
    "lines of objects",
    people,
    `{"name":"Ada","age":36}\n{"name":"Bo","age":"41"}`,
    [
      { name: "Ada", age: 36 },
      { name: "Bo", age: 41 }
    ]
  ],
  // Values
  [
    "null where nothing need be",
    visit,
    `{"where":"mill","remark":null,"pressing":null,"guests":null}`,
    { where: "mill", remark: null }
  ],
  ["null where something must be", order, `{"side":"lend","thing":null,"count":2,"fee":1.5}`, undefined],
  ["case and stop of a choice", order, `{"side":" Lend. ","thing":"ladder","count":2,"fee":1.5}`, loan],
  ["separators of a choice", verdict, `{"verdict":"Needs Review"}`, { verdict: "needs_review" }],
  ["a choice with emphasis", verdict, `{"verdict":"**approve**"}`, { verdict: "approve" }],
  ["two choices at once", verdict, `{"verdict":"approve or reject"}`, undefined],
  ["separators of keys", people, `[{"Name":"Ada","AGE":36}]`, [{ name: "Ada", age: 36 }]],
  ["a number where a text must be", order, `{"side":"lend","thing":42,"count":2,"fee":1.5}`, { ...loan, thing: "42" }],
  ["a unit", order, `{"side":"lend","thing":"ladder","count":"2 pieces","fee":"1.5 coins"}`, loan],
  ["another unit of time", plan, `{"aim":"roof","tasks":[],"days":"3 weeks"}`, undefined],
  ["its unit of time", plan, `{"aim":"roof","tasks":[],"days":"3 days"}`, { aim: "roof", tasks: [], days: 3 }],
  ["percent of one", trust, `{"trust":"85%"}`, { trust: 0.85 }],
  ["percent of who knows", order, `{"side":"lend","thing":"ladder","count":2,"fee":"85%"}`, undefined],
  ["a number in words", weight, `{"weight":"seven"}`, { weight: 7 }],
  ["a share of the scale", weight, `{"weight":"7/10"}`, { weight: 7 }],
  ["a share of another scale", weight, `{"weight":"3/5"}`, undefined],
  ["beneath the range", weight, `{"weight":0}`, undefined],
  ["no and yes", visit, `{"where":"mill","pressing":"No"}`, { where: "mill", pressing: false }],
  ["neither yes nor no", visit, `{"where":"mill","pressing":"perhaps"}`, undefined],
  // Words
  ["keys with bullets", order, `- **Side**: lend\n- **Thing**: ladder\n- **Count**: 2\n- **Fee**: 1.50 coins`, loan],
  ["keys in a row", order, `side: lend, thing: ladder, count: 2, fee: 1.5`, loan],
  ["keys with bars", order, `side=lend | thing=ladder | count=2 | fee=1.5`, loan],
  ["keys numbered", order, `1. Side: Lend\n2. Thing: ladder\n3. Count: 2\n4. Fee: $1.50`, loan],
  ["headings", order, `### Side\nlend\n\n### Thing\nladder\n\n### Count\n2\n\n### Fee\n1.5`, loan],
  [
    "a draft in lines and a final one",
    order,
    `Draft:\nside: keep\nthing: saw\ncount: 1\nfee: 0\n\nFinal:\nside: lend\nthing: ladder\ncount: 2\nfee: 1.5`,
    loan
  ],
  [
    "a correction of one line",
    order,
    `side: lend\nthing: ladder\ncount: 2\nfee: 1.5\n\nActually:\ncount: 3`,
    undefined
  ],
  ["a line missing", order, `side: lend\nthing: ladder\ncount: 2`, undefined],
  ["a line that says nothing", order, `side: lend\nthing: N/A\ncount: 2\nfee: 1.5`, undefined],
  [
    "yaml without a fence",
    plan,
    `aim: "mend the roof"\ntasks:\n- climb up\n- 'nail it'\ndays: 2`,
    { aim: "mend the roof", tasks: ["climb up", "nail it"], days: 2 }
  ],
  [
    "yaml with a list in a row",
    plan,
    "```yml\naim: mend the roof # soon\ntasks: [climb up, nail it]\ndays: 2\n```",
    { aim: "mend the roof", tasks: ["climb up", "nail it"], days: 2 }
  ],
  [
    "yaml with a block",
    visit,
    "```yaml\nwhere: mill\nremark: |\n  bring rope\n  and nails\npressing: no\n```",
    { where: "mill", remark: "bring rope\nand nails", pressing: false }
  ],
  [
    "elements",
    order,
    `<order>\n  <side>lend</side>\n  <thing>ladder</thing>\n  <count>2</count>\n  <fee>1.5</fee>\n</order>`,
    loan
  ],
  [
    "elements with a list",
    plan,
    `<aim>roof</aim><tasks><task>climb</task><task>nail &amp; glue</task></tasks><days>2</days>`,
    { aim: "roof", tasks: ["climb", "nail & glue"], days: 2 }
  ],
  ["attributes", order, `<order side="lend" thing="ladder" count="2" fee="1.5"/>`, loan],
  [
    "a table across",
    order,
    `| Side | Thing | Count | Fee (coins) |\n|---|---|---:|---|\n| lend | ladder | 2 | 1.5 |`,
    loan
  ],
  [
    "a table down",
    order,
    `| Field | Value |\n|---|---|\n| side | lend |\n| thing | ladder |\n| count | 2 |\n| fee | 1.5 |`,
    loan
  ],
  [
    "a table of two rows",
    order,
    `| side | thing | count | fee |\n|---|---|---|---|\n| lend | ladder | 2 | 1.5 |\n| keep | saw | 1 | 0 |`,
    undefined
  ],
  [
    "a table of people",
    people,
    `| # | Name | Age |\n|---|------|-----|\n| 1 | **Ada** | 36 |\n| 2 | Bo | 41 |`,
    [
      { name: "Ada", age: 36 },
      { name: "Bo", age: 41 }
    ]
  ],
  ["commas between", order, "```csv\nside,thing,count,fee\nlend,ladder,2,1.5\n```", loan],
  // Lists
  ["bullets with emphasis", names, `Sure:\n\n* **Ada**\n* **Bo**\n\nShall I go on?`, ["Ada", "Bo"]],
  ["boxes to tick", names, `- [ ] climb up\n- [x] nail it`, ["climb up", "nail it"]],
  ["a draft and a final list", names, `First list:\n- Ada\n- Bo\n\nFinal list:\n- Ada\n- Cleo`, ["Ada", "Cleo"]],
  ["two lists of who knows what", names, `Pros:\n- cheap\n- near\n\nCons:\n- old`, undefined],
  ["numbers in a list", numbers, `1. 40\n2. 55\n3. 7`, [40, 55, 7]],
  ["a number out of range in a list", numbers, `[40, 155]`, undefined],
  ["commas after a label", names, `People: Ada, Bo and Cleo`, ["Ada", "Bo", "Cleo"]],
  ["names below each other", names, `Ada\nBo\nCleo`, ["Ada", "Bo", "Cleo"]],
  ["brackets without quotes", names, `[Ada, Bo, Cleo]`, ["Ada", "Bo", "Cleo"]],
  ["an empty list", names, `[]`, []],
  ["a list cut off at its mark", names, `1. Ada\n2. Bo\n3.`, undefined],
  ["a list in a refusal", names, `I'm sorry, I don't know anyone here.`, undefined],
  // Sentences
  ["bold in a sentence", weight, `I'd give this a **7**.`, { weight: 7 }],
  ["a number in words in a sentence", weight, `I would rate this memory seven out of ten.`, { weight: 7 }],
  ["the scale in the sentence", weight, `On a scale of 1 to 10, I'd say the weight is 8.`, { weight: 8 }],
  [
    "a number behind a label and a remark",
    weight,
    `Weight: 8 - a big event, though 3 people forgot it.`,
    { weight: 8 }
  ],
  ["a box", weight, String.raw`Thus the weight is $\boxed{7}$.`, { weight: 7 }],
  ["a correction in a sentence", weight, `{"weight": 4}\nWait, actually it should be 7.`, { weight: 7 }],
  ["not this but that", weight, `I'd rate it 7, not 4.`, { weight: 7 }],
  ["either or", weight, `I'd say either 3 or 4.`, undefined],
  ["a range in a sentence", weight, `The weight is between 5 and 6.`, undefined],
  ["a hedge", weight, `It might be 6, perhaps.`, undefined],
  ["beyond the scale in a sentence", weight, `I rate it 12 out of 10!`, undefined],
  ["a refusal with a number", weight, `I cannot rate this: I know only 3 of the people.`, undefined],
  ["a number of something else", weight, `There were 7 guests. The sea was calm.`, undefined],
  ["a choice in a sentence", verdict, `After reading it twice, I would **reject** the request.`, { verdict: "reject" }],
  ["a choice denied", verdict, `I would not approve this; my verdict is reject.`, { verdict: "reject" }],
  ["a choice left open", verdict, `I'm not sure whether to approve or reject.`, undefined],
  ["a choice alone", verdict, "`approve`", { verdict: "approve" }],
  ["yes", open, `Yes, the gate is open.`, { open: true }],
  ["no", open, `No.`, { open: false }],
  ["no idea", open, `No idea, sorry.`, undefined],
  ["an answer behind a label", weight, `Let me think. 3 guests came, 2 left.\n\n**Final answer:** 6`, { weight: 6 }],
  ["nothing", weight, `N/A`, undefined]
]
