import type { Draw } from "./Stream.ts"
import { short, type World } from "./World.ts"

const person = (draw: Draw, world: World) => {
  const name = draw.one(world.people)
  return { p: name, s: short(name) }
}
const credits = (draw: Draw) => `${draw.whole(2, 88)}.${draw.whole(1, 9)}`

/** A research base under the sea: bulletins, watch logs, readings, doors with codes. */
export const reef: World = {
  name: "reef",
  start: "2071-06-01T05:00",
  people: [
    "Tomas Arrieta",
    "Noor Jansen",
    "Kwame Ofori",
    "Elin Bergstrom",
    "Paloma Reyes",
    "Jiro Matsuda",
    "Agnes Thorne",
    "Farouk Said",
    "Mila Petkov",
    "Owen Tait",
    "Lakshmi Rao",
    "Stellan Krag",
    "Bea Fontaine",
    "Hugo Lemos",
    "Yara Nasser",
    "Colm Byrne"
  ],
  goods: [
    "air filters",
    "battery cells",
    "dive suits",
    "glow sticks",
    "hatch seals",
    "krill paste",
    "ration packs",
    "sample jars",
    "sonar beacons",
    "weight belts",
    "water tablets",
    "cable drums"
  ],
  aliases: {
    "air filters": "scrubber pads",
    "battery cells": "power packs",
    "glow sticks": "chem lights",
    "ration packs": "meals",
    "dive suits": "wetsuits",
    "weight belts": "ballast",
    "hatch seals": "gaskets"
  },
  places: [
    "the moon pool",
    "dome four",
    "the galley",
    "Lock Beta",
    "the kelp lab",
    "the pump room",
    "the crew mess",
    "Trench Station",
    "the med bay",
    "the drill deck",
    "the cold store"
  ],
  things: [
    "pipe cutter",
    "rescue sled",
    "core sampler",
    "arc welder",
    "field microscope",
    "tether winch",
    "salinity probe",
    "spare rebreather"
  ],
  families: [
    {
      name: "price",
      why: "asked",
      importance: 6,
      span: 200,
      weight: 2,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: credits,
      need: ["{s}", "{g}", "{v}"],
      first: [
        "{p} trades {g} at {v} credits apiece.",
        "Barter board, {p}: {g} for {v} credits.",
        "Got word that {p} lets {g} go for {v} credits."
      ],
      change: [
        "Barter board, {p}: {g} for {v} credits.",
        "{p} now wants {v} credits for {g}.",
        "{p} corrected the tag on {g}, {v} credits in place of {o}.",
        "According to {s}, {g} went up and cost {v} credits."
      ],
      echo: ["{s} repeated the figure for {g}: {v} credits."],
      goal: ["get {g} at the lowest price", "strike a bargain with {p} over {g}", "see who trades {g} and choose"]
    },
    {
      name: "where",
      why: "asked",
      importance: 5,
      span: 160,
      weight: 2,
      subject: (draw, world) => ({ t: draw.one(world.things) }),
      value: (draw, world) => draw.one(world.places),
      need: ["{t}", "{v}"],
      first: [
        "The {t} is stowed in {v}.",
        "{q} stowed the {t} in {v}.",
        "Whoever needs the {t}: it hangs in {v}.",
        "Tool log: {t} checked in at {v}."
      ],
      change: [
        "Tool log: {t} checked in at {v}.",
        "{q} borrowed the {t}; it is in {v} at present.",
        "The {t} was shifted to {v}.",
        "The {t} is not in {o} any more but in {v}."
      ],
      echo: ["Walked by {v}, the {t} is still there."],
      goal: ["lay hands on the {t}", "use the {t} on the outer hull", "return with the {t}"]
    },
    {
      name: "role",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw) => ({
        d: draw.one(["dive roster", "water plant", "seed vault", "galley duty", "signal log", "hull inspection"])
      }),
      value: (draw, world) => draw.one(world.people),
      need: ["{d}", "{vs}"],
      first: [
        "{v} has charge of the {d}.",
        "The {d} is the job of {v}.",
        "{d} officer: {v}.",
        "Orders say {v} supervises the {d}."
      ],
      change: [
        "{d} officer: {v}.",
        "{v} relieved {o} at the {d}.",
        "As of tonight {v} supervises the {d}.",
        "The {d} passes to {v}."
      ],
      echo: ["{vs} gave a short talk as officer of the {d}."],
      goal: ["clear it with the officer of the {d}", "find out who decides about the {d}"]
    },
    {
      name: "route",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        r: draw.one(["north tunnel", "cargo lift", "tube seven", "glass walkway", "service crawl", "outer ramp"])
      }),
      value: (draw) => draw.one(["flooded", "pressurised", "off limits", "open to all", "dark and unheated"]),
      need: ["{r}", "{v}"],
      first: ["Bulletin: {r} {v}.", "The {r} is {v}.", "Control told us that the {r} is {v}."],
      change: [
        "Bulletin: {r} {v}.",
        "Correction from control, the {r} is {v}.",
        "The {r}, {o} until this morning, is {v}.",
        "{q} came through and says the {r} is {v} by now."
      ],
      echo: ["Same news from {q}: {r} {v}."],
      goal: ["go out by the {r}", "haul the crates through the {r}"]
    },
    {
      name: "reading",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        m: draw.one(["oxygen level", "reactor heat", "hull strain", "tank salinity", "carbon dioxide", "pump pressure"])
      }),
      value: credits,
      need: ["{m}", "{v}"],
      first: ["{m} at {v} on the last check.", "telemetry {m} = {v}", "I read {v} off the dial for {m}."],
      change: ["{m} at {v} on the last check.", "telemetry {m} = {v}", "{m} has crept up to {v}."],
      echo: [],
      goal: ["make up our mind whether the {m} is safe", "log the {m} before the dive"]
    },
    {
      name: "code",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        c: draw.one(["armoury", "sample freezer", "comms mast", "escape pod", "officers' store"])
      }),
      value: (draw) => `${draw.one(["A", "C", "F", "H"])}${draw.whole(10, 99)}-${draw.whole(100, 999)}`,
      need: ["{c}", "{v}"],
      first: ["To open the {c}, key in {v}.", "{c} unlocks with {v}.", "{q} slipped me a note: {c}, {v}."],
      change: [
        "{c} unlocks with {v} since the drill.",
        "They have changed the lock of the {c} to {v}.",
        "For the {c} forget {o}, key in {v}."
      ],
      echo: [],
      goal: ["take something from the {c}", "get the {c} open"]
    },
    {
      name: "budget",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw) => ({ b: draw.one(["dive hours", "fuel allotment", "data quota", "medical allowance"]) }),
      value: (draw) => String(draw.whole(20, 900)),
      need: ["{b}", "{v}"],
      first: ["Our {b} stands at {v}.", "We have {v} left of our {b}."],
      change: ["Our {b} stands at {v}.", "After the last sortie our {b} is {v}.", "{b} cut from {o} to {v}."],
      echo: [],
      goal: ["see if the {b} will do", "plan within the {b}"]
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
        "{p} is to receive {v} {g} from us before {day}.",
        "Shook hands with {p} on {v} {g} by {day}.",
        "We are bound to supply {p} with {v} {g}, {day} latest."
      ],
      change: [
        "{p} asks for {v} {g} now, still by {day}.",
        "Change of plan, {p} will take {v} {g} on {day}.",
        "{s} revised the request for {g}: {v} rather than {o}, {day}."
      ],
      echo: ["Pinned to the wall: {v} {g} go to {s} on {day}."],
      goal: ["honour the agreement with {p}", "load the {g} meant for {p}"]
    },
    {
      name: "lesson",
      why: "asked",
      importance: 8,
      span: 260,
      weight: 1.5,
      subject: (draw) => ({
        w: draw.one(["charging the sled", "pumping the ballast", "growing kelp", "welding the frame", "decompressing"])
      }),
      value: (draw) => String(draw.whole(12, 900)),
      need: ["{w}", "{v}"],
      first: [
        "{w} nearly killed us: the valve opens above {v} bar.",
        "Next time when {w}, no more than {v} at once; it cracked.",
        "Note for later: {w} takes {v} minutes, we left too soon."
      ],
      change: [],
      echo: [],
      goal: ["see to {w}", "have another go at {w}"]
    },
    {
      name: "person",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw, world) => person(draw, world),
      value: (draw) =>
        draw.one([
          "gets seasick",
          "does not eat shellfish",
          "is left-handed",
          "has a bad shoulder",
          "speaks no Spanish"
        ]),
      need: ["{s}", "{v}"],
      first: ["{p} {v}, so I was told.", "One should know that {p} {v}."],
      change: [],
      echo: ["It shows that {s} {v}."],
      goal: ["take {p} along on the dive", "share a cabin with {p}"]
    },
    {
      name: "rule",
      why: "rule",
      importance: 9,
      span: 280,
      weight: 1.2,
      subject: (draw) =>
        draw.one([
          { k: "depth", u: "metres" },
          { k: "solo dives", u: "minutes" },
          { k: "lamp oil", u: "litres" },
          { k: "crew reserve", u: "rations" }
        ]),
      value: (draw) => String(draw.whole(13, 480)),
      need: ["{k}", "{v}"],
      first: [
        "Order 12: {k} never beyond {v} {u}.",
        "The captain wants it known that {k} must not exceed {v} {u}.",
        "Every one of us has sworn to keep {k} within {v} {u}."
      ],
      change: [
        "Order 12 was amended, {k} never beyond {v} {u}.",
        "The captain has eased the limit on {k} to {v} {u}.",
        "New limit for {k}: {v} {u}; the {o} no longer hold."
      ],
      echo: [],
      goal: []
    }
  ],
  tables: [
    (rows) =>
      `HOLD MANIFEST\n${rows.map(([good, count]) => `${good} ${".".repeat(24 - good.length)} ${count}`).join("\n")}\nend of manifest`,
    (rows) =>
      `<hold>${rows.map(([good, count], i) => `<item name="${good}" amount="${count}" row="${i}"/>`).join("")}</hold>`,
    (rows) => `Hold check done. We have ${rows.map(([good, count]) => `${count} ${good}`).join(", ")}.`,
    (rows) =>
      `ITEM             AMOUNT  ROW\n${rows.map(([good, count], i) => `${good.padEnd(17)}${String(count).padEnd(8)}R${i}`).join("\n")}`
  ],
  tableGoals: ["find out if the {g} suffice", "share out {g}", "use our own {g}", "judge how many {g} to request"],
  chatter: [
    ["chat", '{p}: "Did the lights flicker for you too?"'],
    ["chat", "{p} hummed the same song all through the meal."],
    ["chat", "{p} told {q} about a squid in {l}."],
    ["chat", '{p}: "I dreamt of grass again."'],
    ["chat", "{p} complained that {g} smell odd."],
    ["observation", "Bubbles rose along the glass in {l}."],
    ["observation", "{p} slept on a bench in {l}."],
    ["observation", "{n} eels circled the lamp near {l}."],
    ["observation", "The {t} hummed when {p} touched it."],
    ["observation", "{p} sorted {g} by colour."],
    ["reflection", "I miss the wind more than the sun."],
    ["reflection", "{p} is calmer than the rest of us."],
    ["reflection", "{l} feels smaller each week."],
    ["plan", "Tomorrow: stretch, tea, a round past {l}."],
    ["plan", "I might teach {p} chess one day."],
    ["job", "Wiped salt off {n} windows in {l}."],
    ["job", "Sorted bolts with {p}."],
    ["trade", "Gave {p} a biscuit for a pencil."],
    ["trade", "Lost {n} buttons to {p} at cards."],
    ["failure", "Slipped on the ladder to {l}."],
    ["failure", "{p} did not turn up at {l}."]
  ],
  dumps: [
    (draw) =>
      `sonar sweep ${draw.whole(100, 999)}: ${Array.from({ length: 20 }, () => `${draw.whole(0, 359)}deg/${draw.whole(10, 900)}m`).join(" ")}`,
    (draw, world) =>
      Array.from(
        { length: draw.whole(6, 12) },
        () => `${draw.whole(10, 23)}:${draw.whole(10, 59)} cam ${draw.whole(1, 30)} ${draw.one(world.places)} idle`
      ).join("\n")
  ],
  frames: [
    "{a} prepares for the next watch and has to {goals}.",
    "To be done by {a}: {goals}.",
    "Watch plan of {a}. {goals}."
  ]
}
