import type { Draw } from "./Stream.ts"
import { short, type World } from "./World.ts"

const money = (draw: Draw) => `${draw.whole(3, 190)}.${draw.whole(0, 9)}${draw.whole(1, 9)}`
const person = (draw: Draw, world: World) => {
  const name = draw.one(world.people)
  return { p: name, s: short(name) }
}

/** A hospital: handovers, stock lists, phone calls and rota sheets. */
export const clinic: World = {
  name: "clinic",
  start: "2044-02-08T06:00",
  people: [
    "Adaeze Obi",
    "Lorenzo Bassi",
    "Keiko Tanabe",
    "Marisol Vega",
    "Tobias Lindqvist",
    "Fatou Diallo",
    "Henrik Aas",
    "Parveen Gill",
    "Conor Doyle",
    "Ying Hua",
    "Beata Nowak",
    "Samir Haddad",
    "Ruth Mensah",
    "Otto Brandl",
    "Leilani Kahale",
    "Dmitri Orlov"
  ],
  goods: [
    "saline bags",
    "gauze rolls",
    "nitrile gloves",
    "suture kits",
    "oxygen masks",
    "insulin pens",
    "sharps bins",
    "bed linen",
    "feeding tubes",
    "plaster bandages",
    "urine bottles",
    "face shields",
    "heparin vials",
    "test strips"
  ],
  aliases: {
    "saline bags": "drip fluid",
    "nitrile gloves": "hand protection",
    "sharps bins": "needle containers",
    "bed linen": "sheets",
    "plaster bandages": "cast material",
    "face shields": "visors",
    "heparin vials": "blood thinner"
  },
  places: [
    "ward three",
    "the pharmacy hatch",
    "room 12",
    "the basement store",
    "triage",
    "the dialysis bay",
    "Linden Wing",
    "the night kitchen",
    "theatre two",
    "the sluice",
    "Harbison Hall",
    "the porters' lodge"
  ],
  things: [
    "ultrasound cart",
    "bladder scanner",
    "bariatric hoist",
    "crash trolley",
    "spare defibrillator",
    "portable ventilator",
    "ear thermometer",
    "bed scale"
  ],
  families: [
    {
      name: "price",
      why: "asked",
      importance: 6,
      span: 200,
      weight: 3,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: money,
      need: ["{s}", "{g}", "{v}"],
      first: [
        "Quote from {p}: {g} at {v} euros a box.",
        '{p} on the phone: "For {g} we charge {v} euros, delivery included."',
        "{p} would supply {g}; the offer stands at {v} euros."
      ],
      change: [
        "{p} rang back about {g}: it is {v} euros from today.",
        "Revised quote from {p} for {g}: {v} euros (before: {o}).",
        "{p} has put {g} up to {v} euros.",
        "{p} says the old offer for {g} is off; we would pay {v} euros now."
      ],
      echo: ["Checked with {s} once more, {g} still at {v} euros.", "{s}'s leaflet lists {g} at {v} euros."],
      goal: [
        "find the best offer for {g}",
        "haggle with {p} over {g}",
        "place the purchase of {g} wherever we pay least"
      ]
    },
    {
      name: "where",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw, world) => ({ t: draw.one(world.things) }),
      value: (draw, world) => draw.one(world.places),
      need: ["{t}", "{v}"],
      first: [
        "The {t} lives in {v} these days.",
        "Left the {t} parked in {v}.",
        "You will find the {t} in {v}, {q} says."
      ],
      change: [
        "{q} wheeled the {t} over to {v}.",
        "The {t} has gone from {o} to {v}.",
        '{q}: "Looking for the {t}? It is in {v} now."'
      ],
      echo: ["The {t} was in {v} when I passed.", "Signed for the {t} in {v}."],
      goal: ["bring the {t} to the patient", "collect the {t}", "have the {t} at hand for the round"]
    },
    {
      name: "role",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw) => ({
        d: draw.one([
          "blood fridge",
          "on-call rota",
          "infection audit",
          "bed meeting",
          "student intake",
          "linen contract"
        ])
      }),
      value: (draw, world) => draw.one(world.people),
      need: ["{d}", "{vs}"],
      first: [
        "{v} is responsible for the {d}.",
        "Matron has given the {d} to {v}.",
        "For the {d} one must ask {v}, who manages it."
      ],
      change: [
        "{v} has taken the {d} off {o}'s hands.",
        "From this shift on the {d} is managed by {v}.",
        "New sheet on the wall: the {d} is now with {v}."
      ],
      echo: ["{vs} signed off the {d} as its manager.", "Asked {vs}, who is responsible for the {d}, to call back."],
      goal: ["have the {d} signed off by whoever manages it", "raise a concern about the {d} with the right person"]
    },
    {
      name: "state",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        r: draw.one([
          "east lift",
          "service corridor",
          "roof helipad",
          "ambulance ramp",
          "link bridge",
          "goods entrance"
        ])
      }),
      value: (draw) =>
        draw.one([
          "out of order",
          "working again",
          "reserved for staff",
          "sealed by the fire brigade",
          "being repainted"
        ]),
      need: ["{r}", "{v}"],
      first: ["The {r} is {v}.", "Porters report: the {r} is {v}.", "Sign on the door, the {r} is {v}."],
      change: [
        "Update from the porters, the {r} is {v}.",
        "The {r} is {v} as of this shift.",
        "The {r} is {v}; the notice that it was {o} has been taken down."
      ],
      echo: ["{q} agrees that the {r} is {v}."],
      goal: ["take the trolley by the {r}", "decide whether to go by the {r}"]
    },
    {
      name: "hours",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw, world) => ({ l: draw.one(world.places) }),
      value: (draw) => `${draw.whole(6, 11) < 10 ? "0" : ""}${draw.whole(6, 9)}:${draw.whole(10, 59)}`,
      need: ["{l}", "{v}"],
      first: ["Nobody gets into {l} before {v}.", "{l} is staffed from {v}.", "Hours of {l}: from {v}."],
      change: [
        "Changed hours: {l} is staffed from {v} from now on.",
        '{q}: "They moved it, {l} starts at {v} now."',
        "{l} is staffed from {v}, not from {o} any more."
      ],
      echo: ["Waited outside {l}, doors did open at {v}."],
      goal: ["arrive at {l} as soon as it is staffed", "begin the round in {l}"]
    },
    {
      name: "promise",
      why: "asked",
      importance: 7,
      span: 240,
      weight: 2,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: (draw) => String(draw.whole(11, 240)),
      need: ["{s}", "{g}", "{v}"],
      first: [
        "Agreed to send {p} {v} {g} by {day}.",
        "{p} is counting on {v} {g} from us, due {day}.",
        "I told {p} that we will hand over {v} {g} on {day}."
      ],
      change: [
        "{p} has changed the order of {g} to {v}, due {day}.",
        "{p} needs {v} {g} rather than {o}, for {day}.",
        "Message from {p}: make it {v} {g}, by {day}."
      ],
      echo: ["To do: {v} {g} for {s}, {day}."],
      goal: ["get what {p} was promised out of the door", "pack the {g} for {p}"]
    },
    {
      name: "debt",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw, world) => person(draw, world),
      value: money,
      need: ["{s}", "{v}", ["owe", "owes", "debt", "due", "balance", "owing", "outstanding"]],
      first: ["{p} still owes us {v} euros.", "We owe {p} {v} euros for the agency nights."],
      change: [
        "After today's transfer the balance with {p} is {v} euros.",
        "Accounts: outstanding with {p}, {v} euros (was {o}).",
        "accounts> account={p}; balance due={v} euros"
      ],
      echo: [],
      goal: ["square things with {p}", "pay or collect what is outstanding with {p}"]
    },
    {
      name: "code",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 1.5,
      subject: (draw) => ({ c: draw.one(["drug safe", "linen room", "staff entrance", "archive", "oxygen cage"]) }),
      value: (draw) => `${draw.whole(1, 9)}${draw.whole(0, 9)}${draw.whole(0, 9)}${draw.whole(1, 9)}`,
      need: ["{c}", "{v}"],
      first: ["The code for the {c} is {v}.", "{q} whispered the {c} code to me: {v}."],
      change: ["The {c} has a new code, {v}.", "Security has reset the {c} code to {v}."],
      echo: ["Used {v} at the {c}, it worked."],
      goal: ["fetch something out of the {c}", "get into the {c}"]
    },
    {
      name: "reading",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 1.5,
      subject: (draw) => ({
        m: draw.one(["vaccine fridge", "warming cabinet", "hydro pool", "autoclave", "milk bank"])
      }),
      value: (draw) => `${draw.whole(2, 90)}.${draw.whole(1, 9)}`,
      need: ["{m}", "{v}"],
      first: ["The {m} reads {v} degrees.", "Logged the {m}: {v} degrees."],
      change: ["The {m} has climbed to {v} degrees.", "The {m} is at {v} degrees now, it was {o}."],
      echo: [],
      goal: ["judge whether the {m} can be used", "report on the {m}"]
    },
    {
      name: "lesson",
      why: "asked",
      importance: 8,
      span: 260,
      weight: 1.5,
      subject: (draw) => ({
        w: draw.one(["priming the pump", "steaming the trays", "thawing plasma", "moving the scanner", "mixing feed"])
      }),
      value: (draw) => String(draw.whole(12, 900)),
      need: ["{w}", "{v}"],
      first: [
        "{w} failed because we went past {v} ml; do not do that again.",
        "What I take from {w}: stop at {v} seconds, else it spoils."
      ],
      change: [],
      echo: [],
      goal: ["be in charge of {w} this time", "plan {w} for the evening"]
    },
    {
      name: "person",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw, world) => person(draw, world),
      value: (draw) =>
        draw.one(["is allergic to latex", "faints at needles", "answers only by pager", "will not work with students"]),
      need: ["{s}", "{v}"],
      first: ["Good to know: {p} {v}.", "{p} confided that she {v}. {s} {v}."],
      change: [],
      echo: ["Again I saw that {s} {v}."],
      goal: ["ask {p} to join the round", "pair up with {p} for the night"]
    },
    {
      name: "rule",
      why: "rule",
      importance: 9,
      span: 280,
      weight: 1.2,
      subject: (draw) => ({ k: draw.one(["visitors", "morphine", "overtime", "bed reserve"]) }),
      value: (draw) => String(draw.whole(13, 98)),
      need: ["{k}", "{v}"],
      first: [
        "House rule on {k}: at most {v} in one shift, no exceptions.",
        "We must never go beyond {v} when it comes to {k}.",
        "The board insists: {k} are to stay under {v} at all times."
      ],
      change: [
        "The board has amended the rule on {k}: at most {v} from now on.",
        "Rule on {k} loosened, the limit is {v} instead of {o}."
      ],
      echo: [],
      goal: []
    }
  ],
  tables: [
    (rows) => `item;on hand;shelf\n${rows.map(([good, count], i) => `${good};${count};S${i + 1}`).join("\n")}`,
    (rows) =>
      `Stock sheet\n${rows.map(([good, count]) => `- ${good}: ${count} left`).join("\n")}\nsigned by the night nurse`,
    (rows) => JSON.stringify({ source: "stores", items: rows.map(([name, remaining]) => ({ name, remaining })) })
  ],
  tableGoals: [
    "see if the {g} will last the week",
    "order {g} if too few are left",
    "hand out {g} from the cupboard",
    "count on our own {g} for the ward"
  ],
  chatter: [
    ["chat", '{p}: "Long night, was it?"'],
    ["chat", "{p} complained about the coffee in {l}."],
    ["chat", "{p} and {q} argued over the window in {l}."],
    ["chat", '{p}: "My sister\'s boy starts school soon."'],
    ["chat", "{p} asked whether anyone had seen a blue pen."],
    ["chat", '{p}: "We never have enough {g} on Mondays."'],
    ["observation", "A radio was playing in {l}."],
    ["observation", "{p} hurried through {l} with a tray."],
    ["observation", "Someone had drawn a smile on the {t}."],
    ["observation", "It smelled of floor polish in {l}."],
    ["observation", "{p} was restocking {g}."],
    ["observation", "{n} visitors waited outside {l}."],
    ["reflection", "I should drink more water on long shifts."],
    ["reflection", "{p} has more patience than I have."],
    ["reflection", "Handing out {g} is quicker in pairs."],
    ["reflection", "I feel at home in {l}."],
    ["plan", "After the break: wash hands, check {l}, sit down for a minute."],
    ["plan", "Perhaps send {p} a card next week."],
    ["job", "Turned {n} mattresses in {l}."],
    ["job", "Folded towels with {p}."],
    ["job", "Refilled the soap in {l}."],
    ["trade", "Swapped a shift with {p}."],
    ["trade", "Bought a sandwich for {n} cents."],
    ["failure", "Missed {p} at {l} by a minute."],
    ["failure", "Dropped a cup in {l}, no harm done."]
  ],
  dumps: [
    (draw) =>
      `monitor trace ${draw.whole(100, 999)}: ${Array.from({ length: 24 }, () => `hr=${draw.whole(52, 120)} sp=${draw.whole(90, 99)}`).join(" | ")}`,
    (draw, world) =>
      Array.from(
        { length: draw.whole(6, 14) },
        () =>
          `${draw.whole(10, 23)}:${draw.whole(10, 59)} door ${draw.one(world.places)} badge ${draw.whole(1000, 9999)} granted`
      ).join("\n")
  ],
  frames: ["{a} is planning the coming hours: {goals}.", "Handover for {a}. Tasks: {goals}. What comes first?"]
}
