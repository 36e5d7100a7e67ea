import type { Shape } from "../../../src/agents/Extract.ts"
import type { Example } from "./replies.ts"

const text = { type: "string" }
const ticket: Shape = {
  type: "object",
  properties: {
    category: { type: "string", enum: ["billing", "technical", "sales"] },
    urgency: { type: "integer", minimum: 1, maximum: 5 },
    summary: text
  },
  required: ["category", "urgency", "summary"]
}
const recipe: Shape = {
  type: "object",
  properties: { title: text, minutes: { type: "integer" }, ingredients: { type: "array", items: text } },
  required: ["title", "minutes", "ingredients"]
}
const sentiment: Shape = {
  type: "object",
  properties: {
    sentiment: { type: "string", enum: ["positive", "negative", "neutral"] },
    confidence: { type: "number", minimum: 0, maximum: 1 }
  },
  required: ["sentiment"]
}
const contacts: Shape = {
  type: "array",
  items: {
    type: "object",
    properties: { name: text, email: text, phone: { type: ["string", "null"] } },
    required: ["name", "email"]
  }
}
const spam: Shape = { type: "object", properties: { spam: { type: "boolean" } }, required: ["spam"] }
const score: Shape = {
  type: "object",
  properties: { score: { type: "integer", minimum: 0, maximum: 100 } },
  required: ["score"]
}
const sale: Shape = {
  type: "object",
  properties: {
    customer: { type: "object", properties: { name: text, city: text }, required: ["name"] },
    lines: {
      type: "array",
      items: { type: "object", properties: { sku: text, qty: { type: "integer" } }, required: ["sku", "qty"] }
    },
    total: { type: "number" }
  },
  required: ["customer", "lines", "total"]
}
const names: Shape = { type: "array", items: text }
const none = undefined

const bill = { category: "billing", urgency: 3, summary: "Charged twice" }
const json = JSON.stringify(bill)
const soup = { title: "Leek soup", minutes: 25, ingredients: ["leek", "cream"] }
const sold = { customer: { name: "Ines", city: "Graz" }, lines: [{ sku: "A-1", qty: 2 }], total: 19.9 }

/** Replies written down before the extraction was, each of another kind. */
export const heldOut: ReadonlyArray<Example> = [
  ["preface and question", ticket, `Certainly! Here's the triage:\n${json}\nWould you like me to open it?`, bill],
  [
    "fence of another language",
    ticket,
    `\`\`\`json5\n{category: 'billing', urgency: 3, summary: 'Charged twice',}\n\`\`\``,
    bill
  ],
  ["fence on one line", ticket, `Result: \`\`\`json ${json} \`\`\``, bill],
  ["inline code", ticket, `The answer is \`${json}\`.`, bill],
  ["German around", ticket, `Gerne! Hier ist das Ergebnis:\n${json}\nMelden Sie sich bei Fragen.`, bill],
  [
    "Chinese with marks of full width",
    recipe,
    `好的：{"title"："面条"，"minutes"：10，"ingredients"：["面"，"水"]}`,
    { title: "面条", minutes: 10, ingredients: ["面", "水"] }
  ],
  [
    "French quotes in the value",
    ticket,
    `{"category":"billing","urgency":3,"summary":"Client dit « deux fois »"}`,
    { ...bill, summary: "Client dit « deux fois »" }
  ],
  [
    "apostrophes in single quotes",
    sale,
    `{'customer': {'name': "D'Arcy", 'city': 'L'Aquila'}, 'lines': [], 'total': 0}`,
    { customer: { name: "D'Arcy", city: "L'Aquila" }, lines: [], total: 0 }
  ],
  [
    "Python, nested",
    contacts,
    `[{'name': 'Ada', 'email': 'a@x.org', 'phone': None}]`,
    [{ name: "Ada", email: "a@x.org", phone: null }]
  ],
  [
    "a comment behind the last member",
    ticket,
    `{\n"category": "billing",\n"urgency": 3,\n"summary": "Charged twice" // seen before\n}`,
    bill
  ],
  ["texts without quotes", ticket, `{category: billing, urgency: 3, summary: Charged twice}`, bill],
  [
    "commas missing inside",
    sale,
    `{"customer": {"name": "Ines" "city": "Graz"}\n"lines": [{"sku": "A-1" "qty": 2}]\n"total": 19.9}`,
    sold
  ],
  [
    "cut in a nested list",
    sale,
    `{"customer":{"name":"Ines","city":"Graz"},"total":19.9,"lines":[{"sku":"A-1","qty":2},{"sku":"B`,
    none
  ],
  [
    "cut behind a nested object",
    sale,
    `{"customer":{"name":"Ines","city":"Graz"},"total":19.9,"lines":[{"sku":"A-1","qty":2}`,
    sold
  ],
  [
    "cut in the middle of a list of objects",
    contacts,
    `[{"name":"Ada","email":"a@x.org"},{"name":"Bo","email":"b@x`,
    none
  ],
  ["cut in an escape", ticket, String.raw`{"category":"billing","urgency":3,"summary":"Charged \u00`, none],
  [
    "two brackets missing",
    sale,
    `{"total":19.9,"customer":{"name":"Ines","city":"Graz"},"lines":[{"sku":"A-1","qty":2}]\n`,
    sold
  ],
  [
    "reflection and scratchpad",
    ticket,
    `<scratchpad>{"category":"sales","urgency":1,"summary":"?"}</scratchpad>\n${json}`,
    bill
  ],
  [
    "thinking in two blocks",
    score,
    `<think>40?</think>\nHm.\n<think>{"score": 50}</think>\n{"score": 60}`,
    { score: 60 }
  ],
  [
    "revised below",
    ticket,
    `${JSON.stringify({ ...bill, urgency: 1 })}\n\nRevised after reading the log:\n\n${json}`,
    bill
  ],
  ["option A, option B", ticket, `Option A: ${json}\nOption B: ${JSON.stringify({ ...bill, urgency: 5 })}`, none],
  ["the final one is out of range", score, `Draft: {"score": 70}\nFinal: {"score": 170}`, none],
  ["the final one is no choice", sentiment, `{"sentiment":"positive"}\nFinal answer: {"sentiment":"ecstatic"}`, none],
  ["deep envelope", ticket, JSON.stringify({ data: { id: 7, attributes: bill } }), bill],
  [
    "tool call beside text",
    ticket,
    JSON.stringify({
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "triage", arguments: json } }]
    }),
    bill
  ],
  [
    "content blocks",
    ticket,
    JSON.stringify({
      content: [
        { type: "text", text: "Let me see." },
        { type: "tool_use", id: "t", name: "triage", input: bill }
      ]
    }),
    bill
  ],
  ["a call of a function", ticket, `triage(category="billing", urgency=3, summary="Charged twice")`, bill],
  [
    "elements on lines",
    ticket,
    `<category>billing</category>\n<urgency>3</urgency>\n<summary>Charged twice</summary>`,
    bill
  ],
  [
    "elements in a root with a header",
    recipe,
    `<?xml version="1.0"?>\n<recipe>\n <title>Leek soup</title>\n <minutes>25</minutes>\n <ingredients>\n  <item>leek</item>\n  <item>cream</item>\n </ingredients>\n</recipe>`,
    soup
  ],
  ["yaml, nested", sale, `customer:\n  name: Ines\n  city: Graz\nlines:\n  - sku: A-1\n    qty: 2\ntotal: 19.9`, sold],
  [
    "table of contacts",
    contacts,
    `| Name | Email | Phone |\n|:--|:--|:--|\n| Ada | a@x.org | n/a |\n| Bo | b@x.org | 12 34 |`,
    [
      { name: "Ada", email: "a@x.org", phone: null },
      { name: "Bo", email: "b@x.org", phone: "12 34" }
    ]
  ],
  ["tabs between", ticket, `category\turgency\tsummary\nbilling\t3\tCharged twice`, bill],
  ["keys in bold, colon outside", ticket, `**Category**: billing\n**Urgency**: 3\n**Summary**: Charged twice`, bill],
  ["keys with hints", ticket, `Category: Billing\nUrgency (1-5): 3\nSummary: Charged twice`, bill],
  [
    "keys after an introduction",
    ticket,
    `Here is my assessment:\n\n- category: billing\n- urgency: 3/5\n- summary: "Charged twice"\n\nLet me know!`,
    bill
  ],
  [
    "a remark behind a number",
    ticket,
    `Category: billing\nUrgency: 3 (the customer is calm)\nSummary: Charged twice`,
    bill
  ],
  ["a list in the key lines", recipe, `Title: Leek soup\nMinutes: 25 minutes\nIngredients:\n1. leek\n2. cream`, soup],
  ["a list in a row", recipe, `title: Leek soup\nminutes: 25\ningredients: leek, cream`, soup],
  [
    "a decimal comma",
    { type: "object", properties: { hours: { type: "number" } }, required: ["hours"] },
    `hours: 3,5`,
    none
  ],
  ["a dash for a list", names, `Topics:\n– tides\n– tolls\n– timber`, ["tides", "tolls", "timber"]],
  ["letters for a list", names, `a) tides\nb) tolls`, ["tides", "tolls"]],
  ["list in a fence", names, "```text\ntides\ntolls\ntimber\n```", ["tides", "tolls", "timber"]],
  ["a number in a sentence", score, `I'd put the score at 85 out of 100.`, { score: 85 }],
  ["a number and its grounds", score, `**Score: 85/100**\n\nThe 3 examples were good, 2 were not.`, { score: 85 }],
  ["a number alone in bold", score, `**72**`, { score: 72 }],
  ["two numbers, no hint", score, `Between 60 and 80, depending on the reader.`, none],
  ["percent", sentiment, `{"sentiment":"Positive","confidence":"92%"}`, { sentiment: "positive", confidence: 0.92 }],
  [
    "choice in a sentence",
    { type: "object", properties: { category: ticket.properties!["category"]! }, required: ["category"] },
    `The category is **technical**.`,
    { category: "technical" }
  ],
  [
    "choice denied and taken",
    { type: "object", properties: { sentiment: sentiment.properties!["sentiment"]! }, required: ["sentiment"] },
    `I would not call it positive. My answer: negative.`,
    { sentiment: "negative" }
  ],
  ["yes with grounds", spam, `Yes, this is spam: it asks for a password.`, { spam: true }],
  ["a label with yes", spam, `Spam: No`, { spam: false }],
  ["refusal", ticket, `I'm unable to help with that request.`, none],
  ["refusal in JSON", ticket, `{"refusal": "I can't help with that."}`, none],
  ["question back", ticket, `Could you tell me which product it is about?`, none],
  ["nulls", ticket, `{"category":null,"urgency":null,"summary":null}`, none],
  [
    "entities",
    ticket,
    `{&quot;category&quot;:&quot;billing&quot;,&quot;urgency&quot;:3,&quot;summary&quot;:&quot;A &amp; B&quot;}`,
    { ...bill, summary: "A & B" }
  ],
  ["encoded twice in prose", ticket, `Output: ${JSON.stringify(json)}`, bill],
  [
    "assignment in Python",
    ticket,
    "```python\nticket = {'category': 'billing', 'urgency': 3, 'summary': 'Charged twice'}\n```",
    bill
  ],
  [
    "lines of JSON",
    contacts,
    `{"name":"Ada","email":"a@x.org"}\n{"name":"Bo","email":"b@x.org"}`,
    [
      { name: "Ada", email: "a@x.org" },
      { name: "Bo", email: "b@x.org" }
    ]
  ],
  [
    "keys in another style",
    { type: "object", properties: { due_date: text, is_paid: { type: "boolean" } }, required: ["due_date", "is_paid"] },
    `{"dueDate":"2026-01-02","isPaid":"no"}`,
    { due_date: "2026-01-02", is_paid: false }
  ],
  ["footnotes around", ticket, `As in [1] and [2], I get ${json} [3].`, bill],
  ["schema first", ticket, `Schema: ${JSON.stringify(ticket)}\n\nResult: ${json}`, bill],
  ["a dozen", sale, `{"customer":{"name":"Ines"},"lines":[{"sku":"A-1","qty":"a dozen"}],"total":1}`, none],
  [
    "raw line break and tab",
    ticket,
    `{"category":"billing","urgency":3,"summary":"Charged\n\ttwice"}`,
    { ...bill, summary: "Charged\n\ttwice" }
  ],
  ["exponent", { type: "array", items: { type: "number" } }, `[1e3, 2.5E-1, -0.5]`, [1000, 0.25, -0.5]],
  [
    "brackets in broken JSON's texts",
    ticket,
    `{'category': 'billing', 'urgency': 3, 'summary': 'order [8] {x}'}`,
    { ...bill, summary: "order [8] {x}" }
  ],
  [
    "something left out in a list",
    recipe,
    `{"title":"Leek soup","minutes":25,"ingredients":["leek", "cream", ...]}`,
    none
  ],
  ["a correction in words", score, `{"score": 40}\nWait, I misread it. Scratch that.`, none],
  ["only a format", ticket, `I will answer in this format: {"category": "...", "urgency": 1, "summary": "..."}`, none]
]
