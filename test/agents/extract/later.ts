import type { Shape } from "../../../src/agents/Extract.ts"
import type { Example } from "./replies.ts"

const t = { type: "string" }
const o = (properties: Readonly<Record<string, Shape>>, required = Object.keys(properties)): Shape => ({
  type: "object",
  properties,
  required
})
const ev = o({
  title: t,
  day: { type: "string", enum: ["Mon", "Tue", "Wed"] },
  seats: { type: "integer", minimum: 1 },
  fee: { type: "number" }
})
const E = { title: "Jazz night", day: "Tue", seats: 40, fee: 12.5 },
  J = JSON.stringify(E)
const st = o({ stars: { type: "integer", minimum: 1, maximum: 5 } }),
  ok = o({ approved: { type: "boolean" } }),
  names: Shape = { type: "array", items: t }
const pr = o({ name: t, tags: { type: "array", items: t }, stock: { type: ["integer", "null"] } }, ["name", "tags"])
const rows: Shape = { type: "array", items: o({ city: t, pop: { type: "integer" } }) }
const mood = o({ mood: { type: "string", enum: ["calm", "angry", "sad"] } })
const N = undefined
/** Replies written down after the extraction was, each read as it was at the first try but for one. */
export const later: ReadonlyArray<Example> = [
  ["plain", ev, J, E],
  ["bold header + json", ev, "**Result**\n\n" + J, E],
  ["json in blockquote lines", ev, "> ```json\n> " + J + "\n> ```", E],
  ["two jsons equal", ev, J + "\n\nTo confirm: " + J, E],
  [
    "prelim/second thought",
    ev,
    JSON.stringify({ ...E, seats: 30 }) + "\nHmm, on reflection the hall holds 40.\n" + J,
    E
  ],
  ["A or B inline", st, '{"stars": 4} or {"stars": 5}, hard to say', N],
  ["sorry then nothing", ev, "Sorry, the calendar is not available right now.", N],
  ["sorry with json", ev, "Sorry for the delay! " + J, E],
  ["stars emoji only", st, "⭐⭐⭐⭐", N],
  ["4 stars", st, "I'd give it 4 stars.", { stars: 4 }],
  ["4/5", st, "4/5", { stars: 4 }],
  ["4.5/5", st, "4.5/5", N],
  ["6 stars", st, "I'd give it 6 stars!", N],
  ["between", st, "Somewhere between 3 and 4 stars.", N],
  ["json then hedge", st, '{"stars": 3}\nThough it could be higher for fans.', { stars: 3 }],
  ["approve sentence", ok, "Approved: yes", { approved: true }],
  ["approve json str", ok, '{"approved":"TRUE"}', { approved: true }],
  ["approve maybe", ok, '{"approved":"maybe"}', N],
  ["No, because", ok, "No, because the budget is spent.", { approved: false }],
  ["keys quoted yaml", ev, '"title": "Jazz night"\n"day": "Tue"\n"seats": 40\n"fee": 12.5', E],
  ["bullets keys", ev, "* title: Jazz night\n* day: tue\n* seats: 40 people\n* fee: €12.50", E],
  ["table", ev, "| title | day | seats | fee |\n|---|---|---|---|\n| Jazz night | Tue | 40 | 12.50 |", E],
  [
    "table down",
    ev,
    "| Key | Value |\n|---|---|\n| Title | Jazz night |\n| Day | Tue |\n| Seats | 40 |\n| Fee | 12.5 |",
    E
  ],
  [
    "csv",
    rows,
    "city,pop\nGraz,300000\nLinz,210000",
    [
      { city: "Graz", pop: 300000 },
      { city: "Linz", pop: 210000 }
    ]
  ],
  [
    "table thousands",
    rows,
    "| City | Pop |\n|---|---|\n| Graz | 300,000 |\n| Linz | 210,000 |",
    [
      { city: "Graz", pop: 300000 },
      { city: "Linz", pop: 210000 }
    ]
  ],
  [
    "jsonl commas",
    rows,
    '{"city":"Graz","pop":300000},\n{"city":"Linz","pop":210000}',
    [
      { city: "Graz", pop: 300000 },
      { city: "Linz", pop: 210000 }
    ]
  ],
  ["rows wrapped", rows, '{"cities":[{"city":"Graz","pop":300000}],"count":1}', [{ city: "Graz", pop: 300000 }]],
  ["million", rows, '[{"city":"Graz","pop":"0.3 million"}]', N],
  ["list ticks", names, "✓ Ada\n✓ Bo", ["Ada", "Bo"]],
  ["list bold numbered w/ text", names, "1. **Ada** – engineer\n2. **Bo** – cook", N],
  ["list prose only", names, "I think nobody fits here.", N],
  ["list quotes comma", names, '"Ada", "Bo", "Cy"', ["Ada", "Bo", "Cy"]],
  ["list md link", names, "See [docs](http://x.y) for names.", N],
  ["list json after bullets", names, 'Options:\n- Ada\n- Bo\n\nChosen: ["Bo"]', ["Bo"]],
  [
    "stock null words",
    pr,
    "name: Mug\ntags: blue, large\nstock: unknown",
    { name: "Mug", tags: ["blue", "large"], stock: null }
  ],
  ["tags string", pr, '{"name":"Mug","tags":"blue","stock":3}', N],
  ["tags nested json string", pr, '{"name":"Mug","tags":"[\\"blue\\"]"}', { name: "Mug", tags: ["blue"] }],
  ["stock 'n/a'", pr, '{"name":"Mug","tags":[],"stock":"n/a"}', N],
  ["mood sentence", mood, "The speaker sounds angry.", N],
  ["mood label", mood, "Mood: Angry!", { mood: "angry" }],
  ["mood two", mood, "At first calm, then angry.", N],
  ["mood answer", mood, "She is not calm. Answer: sad", { mood: "sad" }],
  ["mood json cap", mood, "```\n{mood: Sad}\n```", { mood: "sad" }],
  ["xml attrs", ev, '<event title="Jazz night" day="Tue" seats="40" fee="12.5" />', E],
  ["xml", ev, "<title>Jazz night</title><day>Tue</day><seats>40</seats><fee>12.5</fee>", E],
  ["think unclosed", ev, "<think>\nLet me answer " + J, N],
  ["think then cut", ev, "<think>x</think>" + J.slice(0, 30), N],
  ["cut last num", ev, J.slice(0, -1), E],
  ["cut num frac", ev, J.slice(0, -2), N],
  ["gap ellipsis", ev, '{"title":"Jazz night", ... }', N],
  ["neg seats", ev, JSON.stringify({ ...E, seats: -4 }), N],
  ["seats forty", ev, JSON.stringify({ ...E, seats: "forty" }), N],
  ["fee free", ev, JSON.stringify({ ...E, fee: "free" }), N],
  ["fee range", ev, JSON.stringify({ ...E, fee: "10-12" }), N],
  ["seats ~40", ev, JSON.stringify({ ...E, seats: "~40" }), undefined],
  ["fee 12,50", ev, JSON.stringify({ ...E, fee: "12,50" }), N],
  ["partial patch", ev, J + '\nUpdate: {"seats": 45}', N],
  ["tool result echo", ev, 'Tool said {"ok":true}. ' + J, E],
  ["openai", ev, JSON.stringify({ choices: [{ message: { content: "```json\n" + J + "\n```" } }] }), E],
  ["error", ev, '{"error":{"message":"overloaded"}}', N],
  ["example only", ev, "For example: " + J, N],
  ["options list", ev, "1. " + J + "\n2. " + JSON.stringify({ ...E, day: "Wed" }), N],
  ["smart", ev, "{“title”: “Jazz night”, “day”: “Tue”, “seats”: 40, “fee”: 12.5}", E],
  ["comment trail", ev, '{"title":"Jazz night","day":"Tue","seats":40,"fee":12.5} // final', E],
  [
    "inner quotes",
    ev,
    '{"title":"The "Blue" Note, live","day":"Tue","seats":40,"fee":12.5}',
    { ...E, title: 'The "Blue" Note, live' }
  ],
  ["unquoted title", ev, "{title: Jazz night, day: Tue, seats: 40, fee: 12.5}", E]
]
