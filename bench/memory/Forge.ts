import type { Draw } from "./Stream.ts"
import { short, type World } from "./World.ts"

const person = (draw: Draw, world: World) => {
  const name = draw.one(world.people)
  return { p: name, s: short(name) }
}

/** A software team: chat lines, tickets, alerts and tables in Markdown. */
export const forge: World = {
  name: "forge",
  start: "2052-09-02T07:00",
  people: [
    "Imogen Price",
    "Rafael Souza",
    "Anouk Meyer",
    "Chidi Eze",
    "Sofia Lund",
    "Viktor Hrubec",
    "Naoko Abe",
    "Elias Kronberg",
    "Zainab Yusuf",
    "Pedro Alves",
    "Gwen Parry",
    "Matteo Ricci",
    "Ilse Vos",
    "Darius Kamau",
    "Hanna Virtanen",
    "Leo Fischer"
  ],
  goods: [
    "build agents",
    "test phones",
    "seat licences",
    "sim cards",
    "disk arrays",
    "name badges",
    "loaner laptops",
    "gpu nodes",
    "static addresses",
    "signing keys",
    "support credits",
    "desk docks"
  ],
  aliases: {
    "build agents": "ci runners",
    "test phones": "handsets",
    "loaner laptops": "spare notebooks",
    "gpu nodes": "training machines",
    "static addresses": "fixed ips",
    "name badges": "passes",
    "desk docks": "docking stations"
  },
  places: [
    "rack 7",
    "the Lisbon office",
    "meeting room Vega",
    "the loading dock",
    "cabinet B",
    "the repair bench",
    "the ground floor lab",
    "Turing House",
    "the front desk",
    "locker 31",
    "the mail room"
  ],
  things: [
    "label printer",
    "spectrum analyser",
    "demo kiosk",
    "master backup drive",
    "thermal camera",
    "crimping kit",
    "conference speaker",
    "hardware token box"
  ],
  families: [
    {
      name: "price",
      why: "asked",
      importance: 6,
      span: 200,
      weight: 3,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: (draw) => String(draw.whole(21, 990)),
      need: ["{s}", "{g}", "{v}"],
      first: [
        "{p} (reseller) would let us have {g} at ${v} each",
        "offer / {p} / {g} / ${v} per unit",
        '{p}: "List price for {g} is ${v}, I cannot go lower"'
      ],
      change: [
        "{p} dropped the price of {g} from ${o} to ${v}",
        "new offer / {p} / {g} / ${v} per unit",
        "{p} updated us: {g} cost ${v} since the last release",
        '{p}: "Forget what I said, {g} are ${v} now"'
      ],
      echo: ["{s}'s page shows {g}, ${v}", "re-read {s}'s mail: {g} for ${v}"],
      goal: ["pick a vendor for {g}", "close the deal with {p} on {g}", "renew {g} as cheaply as possible"]
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
      first: ["fyi the {t} sits under {v}", "{q} stored the {t} at {v}", "inventory note: {t} -> {v}"],
      change: ["{q} carried the {t} to {v} today", "the {t} is no longer at {o}, look at {v}", "{t} relocated to {v}"],
      echo: ["spotted the {t} at {v}"],
      goal: ["pick up the {t}", "we need the {t} on the table by noon"]
    },
    {
      name: "role",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw) => ({
        d: draw.one([
          "release train",
          "pager rotation",
          "billing service",
          "privacy review",
          "hiring loop",
          "status page"
        ])
      }),
      value: (draw, world) => draw.one(world.people),
      need: ["{d}", "{vs}"],
      first: ["owner of the {d}: {v}", "{v} leads the {d} this quarter", "the {d} was assigned to {v}"],
      change: [
        "ownership change: the {d} goes from {o} to {v}",
        "{v} steps in as lead of the {d}",
        "the {d} has been reassigned to {v}"
      ],
      echo: ["synced with {vs}, the lead of the {d}"],
      goal: ["get approval for the {d} from its owner", "hand the findings on the {d} to whoever leads it"]
    },
    {
      name: "state",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        r: draw.one([
          "search cluster",
          "vpn gateway",
          "payments sandbox",
          "artifact mirror",
          "staging branch",
          "nightly job"
        ])
      }),
      value: (draw) => draw.one(["degraded", "healthy", "read-only", "offline for maintenance", "frozen"]),
      need: ["{r}", "{v}"],
      first: ["[alert] {r} is {v}", '{q}: "heads up, the {r} is {v}"', "{r} status: {v}"],
      change: [
        "[alert] {r} is now {v}",
        '{q}: "good to know, {r} went {v} an hour ago"',
        "{r} status changed from {o} to {v}"
      ],
      echo: ["same here, {r} {v}"],
      goal: ["ship the change through the {r}", "run the migration against the {r}"]
    },
    {
      name: "hours",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 1.5,
      subject: (draw) => ({
        h: draw.one(["deploy window", "design critique", "vendor call", "backup run", "security drill"])
      }),
      value: (draw) => `${draw.whole(10, 21)}:${draw.whole(10, 59)}`,
      need: ["{h}", "{v}"],
      first: ["{h} scheduled for {v}", "the {h} begins at {v} sharp", "calendar: {h} @ {v}"],
      change: ["{h} moved to {v}", "calendar update: {h} @ {v} (was {o})", "{q} shifted the {h} to {v}"],
      echo: ["reminder: {h} {v}"],
      goal: ["be ready for the {h}", "prepare slides before the {h}"]
    },
    {
      name: "promise",
      why: "asked",
      importance: 7,
      span: 240,
      weight: 2,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: (draw) => String(draw.whole(11, 99)),
      need: ["{s}", "{g}", "{v}"],
      first: [
        "ticket opened by {p}: {v} {g} wanted by {day}",
        "committed to {p}: {v} {g}, {day} at the latest",
        "{p} asked for {v} {g} and I said yes, due {day}"
      ],
      change: [
        "ticket edited by {p}: {v} {g} wanted by {day}",
        "{p} raised the request for {g} from {o} to {v}, due {day}",
        '{p}: "Sorry, we only need {v} {g} after all, {day} is fine"'
      ],
      echo: ["note to self: {s} gets {v} {g} on {day}"],
      goal: ["deliver on the ticket of {p}", "ship {g} to {p} as committed"]
    },
    {
      name: "budget",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw) => ({
        b: draw.one(["cloud spend", "travel pot", "training fund", "hardware line", "bug bounty pool"])
      }),
      value: (draw) => `${draw.whole(1, 98)},${draw.whole(100, 999)}`,
      need: ["{b}", "{v}"],
      first: ["{b}: ${v} remaining", "finance says ${v} is what is left in the {b}"],
      change: ["{b}: ${v} remaining after the invoice", "the {b} is down to ${v}", "{b} corrected, ${v} and not ${o}"],
      echo: [],
      goal: ["check whether the {b} allows it", "draw on the {b}"]
    },
    {
      name: "code",
      why: "asked",
      importance: 6,
      span: 140,
      weight: 1.5,
      subject: (draw) => ({
        c: draw.one(["wifi guest network", "server room", "demo account", "alarm panel", "parcel box"])
      }),
      value: (draw) => `${draw.one(["KX", "RT", "ZB", "QM"])}-${draw.whole(100, 999)}`,
      need: ["{c}", "{v}"],
      first: ["passcode for the {c}: {v}", "{q} gave me the {c} passcode, it is {v}"],
      change: ["{c} passcode rotated, {v} from now on", "the {c} passcode {o} expired, use {v}"],
      echo: [],
      goal: ["log into the {c}", "open the {c} for the guests"]
    },
    {
      name: "reading",
      why: "asked",
      importance: 6,
      span: 140,
      weight: 1.5,
      subject: (draw) => ({
        m: draw.one(["queue depth", "error rate", "cache hit ratio", "p99 latency", "disk usage"])
      }),
      value: (draw) => `${draw.whole(2, 95)}.${draw.whole(1, 9)}`,
      need: ["{m}", "{v}"],
      first: ["metric {m}={v} at last scrape", "{m} measured at {v}"],
      change: ["metric {m}={v} at last scrape", "{m} rose to {v}", "{m} is {v} today, yesterday it was {o}"],
      echo: [],
      goal: ["decide on scaling given the {m}", "put the {m} into the report"]
    },
    {
      name: "lesson",
      why: "asked",
      importance: 8,
      span: 260,
      weight: 1.5,
      subject: (draw) => ({
        w: draw.one([
          "draining nodes",
          "resharding the index",
          "rotating certificates",
          "importing contacts",
          "compacting logs"
        ])
      }),
      value: (draw) => String(draw.whole(12, 900)),
      need: ["{w}", "{v}"],
      first: [
        "postmortem: {w} broke production, batch size was above {v}",
        "learned the hard way that {w} needs {v} minutes of quiet"
      ],
      change: [],
      echo: [],
      goal: ["run {w} again, properly", "take care of {w}"]
    },
    {
      name: "person",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw, world) => person(draw, world),
      value: (draw) =>
        draw.one(["is off on Wednesdays", "cannot travel", "reads no chat after five", "prefers phone calls"]),
      need: ["{s}", "{v}"],
      first: ["keep in mind that {p} {v}", "about {p}: {s} {v}"],
      change: [],
      echo: ["confirmed, {s} {v}"],
      goal: ["set up a pairing session with {p}", "bring {p} on board"]
    },
    {
      name: "rule",
      why: "rule",
      importance: 9,
      span: 280,
      weight: 1.2,
      subject: (draw) => ({ k: draw.one(["pull requests", "root sessions", "retention", "vendor spending"]) }),
      value: (draw) => String(draw.whole(13, 98)),
      need: ["{k}", "{v}"],
      first: [
        "policy: {k} must stay below {v}",
        "standing instruction from the CTO, {k} never above {v} without sign-off",
        "my objective for the year is to bring {k} down to {v}"
      ],
      change: ["policy update: {k} must stay below {v} from now on", "CTO: {k} limit raised from {o} to {v}"],
      echo: [],
      goal: []
    }
  ],
  tables: [
    (rows) =>
      `| asset | free | owner |\n|---|---|---|\n${rows.map(([good, count]) => `| ${good} | ${count} | it |`).join("\n")}`,
    (rows) => `asset,free,pool\n${rows.map(([good, count]) => `${good},${count},main`).join("\n")}`,
    (rows) => rows.map(([good, count]) => `level=info asset="${good}" free=${count}`).join("\n")
  ],
  tableGoals: [
    "make sure we have enough {g}",
    "give new starters {g} from the pool",
    "see how many {g} are free",
    "request more {g} if the pool is low"
  ],
  chatter: [
    ["chat", '{p}: "anyone up for lunch?"'],
    ["chat", '{p}: "the {t} squeaks again"'],
    ["chat", "{p} posted a picture of a cat"],
    ["chat", "{p} and {q} debated tabs and spaces"],
    ["chat", '{p}: "is it me or is {l} cold"'],
    ["chat", '{p}: "thanks for the help with {g} last week"'],
    ["observation", "music from {l} again"],
    ["observation", "{p} joined the call late"],
    ["observation", "{p} was unpacking {g} at {l}"],
    ["observation", "{n} people in the stand-up today"],
    ["reflection", "I write better code in the morning"],
    ["reflection", "meetings in {l} run long"],
    ["reflection", "{p} explains things well"],
    ["plan", "later: inbox, water the plant, short walk past {l}"],
    ["plan", "could ask {p} for coffee one of these days"],
    ["job", "closed {n} stale tickets"],
    ["job", "cleaned up the wiki with {p}"],
    ["job", "sorted cables in {l}"],
    ["trade", "swapped desks with {p}"],
    ["trade", "paid {n} cents for a stamp"],
    ["failure", "my headset died in {l}"],
    ["failure", "missed the bus, {p} did not mind"]
  ],
  dumps: [
    (draw) =>
      Array.from(
        { length: draw.whole(8, 16) },
        () => `GET /api/v${draw.whole(1, 3)}/items/${draw.whole(100, 999)} 200 ${draw.whole(2, 90)}ms`
      ).join("\n"),
    (draw) =>
      JSON.stringify({
        trace: draw.whole(1e5, 9e5),
        spans: Array.from({ length: 12 }, (_, i) => ({ id: i, ms: draw.whole(1, 80), ok: true }))
      })
  ],
  frames: ["Next up for {a}: {goals}.", "{a} has to sort out the day. List: {goals}. Keep it short."]
}
