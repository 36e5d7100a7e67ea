import type { Draw } from "./Stream.ts"
import { short, type World } from "./World.ts"

const person = (draw: Draw, world: World) => {
  const name = draw.one(world.people)
  return { p: name, s: short(name) }
}

/** A travelling theatre: long sentences, letters and gossip. */
export const troupe: World = {
  name: "troupe",
  start: "1926-09-14T08:00",
  people: [
    "Clara Winslow",
    "Jasper Quill",
    "Ottoline Grey",
    "Benedict Shaw",
    "Lottie Marsh",
    "Rupert Vane",
    "Honor Blythe",
    "Silas Crowe",
    "Winifred Ames",
    "Dorian Hale",
    "Prudence Lyle",
    "Ambrose Finch",
    "Cecily Thorpe",
    "Gideon Wray",
    "Maud Sterling",
    "Felix Harrow"
  ],
  goods: [
    "silk scarves",
    "stage lamps",
    "horsehair wigs",
    "face powder",
    "painted flats",
    "velvet curtains",
    "lace collars",
    "prop swords",
    "violin strings",
    "handbills",
    "dance shoes",
    "smoke pots"
  ],
  aliases: {
    "horsehair wigs": "hairpieces",
    "stage lamps": "footlights",
    "face powder": "make-up",
    "velvet curtains": "drapes",
    "prop swords": "blades",
    handbills: "leaflets",
    "dance shoes": "slippers"
  },
  places: [
    "the costume wagon",
    "the Alhambra",
    "the green room",
    "the orchestra pit",
    "Mrs Pell's boarding house",
    "the railway shed",
    "the fly loft",
    "the scene dock",
    "the manager's office",
    "Corn Exchange",
    "the attic"
  ],
  things: [
    "thunder sheet",
    "gilded throne",
    "prompt book",
    "wind machine",
    "cash box",
    "donkey costume",
    "travelling piano"
  ],
  families: [
    {
      name: "price",
      why: "asked",
      importance: 6,
      span: 200,
      weight: 2,
      subject: (draw, world) => ({ ...person(draw, world), g: draw.one(world.goods) }),
      value: (draw) => String(draw.whole(11, 190)),
      need: ["{s}", "{g}", "{v}"],
      first: [
        "{p} wrote that we may have {g} for {v} shillings.",
        "In the window of {p} I saw {g} marked at {v} shillings.",
        "{p} will not part with {g} under {v} shillings."
      ],
      change: [
        "{p} wrote again and now expects {v} shillings for {g}.",
        "The ticket on the {g} in the window of {p} says {v} shillings this week.",
        "After some tea {p} came down to {v} shillings for {g}.",
        "{p} has thought better of it: {g} are {v} shillings, not {o}."
      ],
      echo: ["{s} would not budge, {v} shillings for {g} it is."],
      goal: ["buy {g} without ruining us", "talk to {p} about the cost of {g}", "weigh the offers for {g}"]
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
        "They have put the {t} in {v} for safety.",
        "The {t} spends its nights in {v}.",
        "If anyone asks, the {t} is in {v}."
      ],
      change: [
        "{q} had the {t} carried to {v} before the matinee.",
        "The {t} has moved house; it is in {v}.",
        '"The {t}?" said {q}. "You will have to look in {v}."'
      ],
      echo: ["I nearly fell over the {t} in {v}."],
      goal: ["have the {t} on stage by curtain time", "dust off the {t}"]
    },
    {
      name: "role",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw) => ({
        d: draw.one(["ticket desk", "lighting rig", "wardrobe", "children's chorus", "printing press", "supper club"])
      }),
      value: (draw, world) => draw.one(world.people),
      need: ["{d}", "{vs}"],
      first: [
        "The {d} is in the hands of {v}.",
        "It is {v} who looks after the {d}.",
        "The manager has entrusted the {d} to {v}."
      ],
      change: [
        "The {d} is in the hands of {v} since the quarrel.",
        "{o} has given up the {d}, and {v} looks after it now.",
        "The manager has taken the {d} from {o} and entrusted it to {v}."
      ],
      echo: ["{vs} wants more money for looking after the {d}."],
      goal: ["speak to the one who looks after the {d}", "get a favour from the {d}"]
    },
    {
      name: "state",
      why: "asked",
      importance: 7,
      span: 140,
      weight: 2,
      subject: (draw) => ({
        r: draw.one(["coast line", "old theatre", "mill road", "town hall", "ferry", "rehearsal barn"])
      }),
      value: (draw) =>
        draw.one(["under water", "let to a circus", "as good as new", "barred by the police", "running late"]),
      need: ["{r}", "{v}"],
      first: ["They say the {r} is {v}.", "The {r}, I hear, is {v}.", "The paper has it that the {r} is {v}."],
      change: [
        "The {r} is {v} after all.",
        "Today's paper has it that the {r} is {v}.",
        "{q} swears that the {r} is {v} now, whatever we were told."
      ],
      echo: ["{q} too found the {r} {v}."],
      goal: ["travel by the {r}", "count on the {r}"]
    },
    {
      name: "hours",
      why: "asked",
      importance: 6,
      span: 160,
      weight: 2,
      subject: (draw) => ({ h: draw.one(["dress rehearsal", "matinee", "roll call", "night train", "fitting"]) }),
      value: (draw) => `${draw.whole(6, 11)}:${draw.whole(10, 59)}`,
      need: ["{h}", "{v}"],
      first: [
        "The {h} is at {v}.",
        "We are told to be there for the {h} at {v}.",
        "{h}, {v} on the dot, says the board."
      ],
      change: [
        "The {h} has been put off to {v}.",
        "{h} now at {v}, says the board.",
        "The {h} is at {v} and no longer at {o}."
      ],
      echo: [],
      goal: ["be in time for the {h}", "get everyone to the {h}"]
    },
    {
      name: "debt",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 2,
      subject: (draw, world) => person(draw, world),
      value: (draw) => String(draw.whole(11, 390)),
      need: ["{s}", "{v}", ["owe", "owes", "debt", "due", "balance", "owing", "lent", "borrowed"]],
      first: [
        "{p} owes me {v} shillings from the card table.",
        "I still owe {p} {v} shillings.",
        "I have borrowed {v} shillings from {p}, a debt of honour."
      ],
      change: [
        "With what was paid on Sunday, {p} owes me {v} shillings.",
        "My debt to {p} has come down to {v} shillings.",
        "Between {p} and me there is a debt of {v} shillings now."
      ],
      echo: [],
      goal: ["make things even with {p}", "see what stands between me and {p}"]
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
        "I gave {p} my word on {v} {g} by {day}.",
        "We have undertaken to lend {p} {v} {g} from {day}.",
        "{p} was assured of {v} {g} for {day}."
      ],
      change: [
        "{p} thinks {v} {g} will be enough, by {day}.",
        "{p} begs us for {v} {g} instead of {o}, {day} if we can.",
        "A note from {p}: {v} {g} would be better, on {day}."
      ],
      echo: ["My knot in the handkerchief: {s}, {v} {g}, {day}."],
      goal: ["keep my word to {p}", "see that {p} gets the {g}"]
    },
    {
      name: "lesson",
      why: "asked",
      importance: 8,
      span: 260,
      weight: 1.5,
      subject: (draw) => ({
        w: draw.one([
          "hanging the moon",
          "loading the wagons",
          "firing the cannon",
          "dyeing tights",
          "lowering the angel"
        ])
      }),
      value: (draw) => String(draw.whole(12, 900)),
      need: ["{w}", "{v}"],
      first: [
        "{w} ended badly, for the rope bears only {v} pounds.",
        "We shall never again try {w} with less than {v} feet of chain."
      ],
      change: [],
      echo: [],
      goal: ["take charge of {w}", "rehearse {w}"]
    },
    {
      name: "person",
      why: "asked",
      importance: 7,
      span: 160,
      weight: 1.5,
      subject: (draw, world) => person(draw, world),
      value: (draw) =>
        draw.one(["cannot bear cats", "never forgives lateness", "is hard of hearing", "has no head for heights"]),
      need: ["{s}", "{v}"],
      first: ["Everybody knows that {p} {v}.", "{p}, poor soul, {v}."],
      change: [],
      echo: ["Once again it was plain that {s} {v}."],
      goal: ["work a scene with {p}", "win {p} over"]
    },
    {
      name: "rule",
      why: "rule",
      importance: 9,
      span: 280,
      weight: 1.2,
      subject: (draw) =>
        draw.one([
          { k: "encores", u: "a night" },
          { k: "the travelling fund", u: "pounds" },
          { k: "free tickets", u: "a week" },
          { k: "rehearsals", u: "a week" }
        ]),
      value: (draw) => String(draw.whole(13, 90)),
      need: ["{k}", "{v}"],
      first: [
        "It is the law of this company that {k} must not exceed {v} {u}.",
        "Above all else: {k}, no more than {v} {u}.",
        "Our dearest aim is to bring {k} to {v} {u}."
      ],
      change: [
        "The company has voted: {k}, no more than {v} {u} from now on.",
        "By order of the manager the law on {k} now says {v} {u}, no longer {o}."
      ],
      echo: [],
      goal: []
    }
  ],
  tables: [
    (rows) => `Inventory taken by candlelight: ${rows.map(([good, count]) => `${good} - ${count}`).join("; ")}.`,
    (rows) => rows.map(([good, count]) => `${count} x ${good}`).join("\n"),
    (rows) => `trunk list\n${rows.map(([good, count]) => `${good}\t${count}`).join("\n")}`
  ],
  tableGoals: [
    "see whether the {g} will go round",
    "dress the chorus with our own {g}",
    "decide how many {g} to have made",
    "lend some {g} to the school"
  ],
  chatter: [
    ["chat", "{p} recited a poem in {l}, badly."],
    ["chat", '{p}: "Darling, you look dreadful."'],
    ["chat", "{p} and {q} are not on speaking terms today."],
    ["chat", "{p} said {q} would have made a fine Hamlet."],
    ["chat", '"Is there any cake left?" asked {p}.'],
    ["observation", "It rained into {l}."],
    ["observation", "{p} was seen walking a dog near {l}."],
    ["observation", "There were {n} people in the gallery."],
    ["observation", "Somebody sneezed in {l}."],
    ["observation", "{p} was mending {g} by the fire."],
    ["reflection", "Applause is a thin soup."],
    ["reflection", "I envy {p} at times."],
    ["reflection", "{l} has its charms."],
    ["plan", "I may write to my aunt on Sunday."],
    ["plan", "Supper, then bed, then perhaps a stroll to {l}."],
    ["job", "Sewed {n} buttons on in {l}."],
    ["job", "Swept the stage with {p}."],
    ["trade", "Sold a sketch for {n} pence."],
    ["trade", "Treated {p} to a bun."],
    ["failure", "Forgot my lines, {p} laughed."],
    ["failure", "Missed the tram to {l}."]
  ],
  dumps: [
    (draw, world) =>
      `Cast call: ${draw.shuffled(world.people).join(", ")}; ${draw.shuffled(world.people).slice(0, 6).join(", ")} to stand by.`,
    (draw) =>
      `Takings by row: ${Array.from({ length: 20 }, (_, i) => `${String.fromCharCode(65 + i)} ${draw.whole(1, 40)}/${draw.whole(0, 11)}`).join(", ")}.`
  ],
  frames: [
    "{a} wonders what to do first, for there is much: {goals}.",
    "The day before {a}: {goals}.",
    "{a} means to {goals}."
  ]
}
