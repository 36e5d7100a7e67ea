import type { Persona } from "../Style.ts"

/** What a population simulation says of who an agent is. */
export const persona = ({ name, role }: Persona, now: string): string => `Name: ${name}
Occupation: ${role}
Innate tendency: hard-working, careful, curious, sometimes too trusting, likes to keep promises
Background: ${name} has lived in this place for many years and knows most of the people here by name. ${name} learned the trade of ${role} from an elder relative, has good and bad years behind, and would like to be seen as somebody who can be relied upon.
Lifestyle: ${name} gets up around six, has breakfast, works until noon, eats, works again until the evening, meets friends, and goes to bed around ten.
Currently: ${name} is working as ${role} and has several open matters to take care of. It is now ${now}.`

/** Everything that an agent remembers. */
export const memories = (name: string, known: string): string =>
  `Everything that ${name} remembers, one entry per line, oldest first:\n${known}`

type Row = readonly [work: string, minutes: number, left: number]

const example = (name: string, work: string, rows: ReadonlyArray<Row>): string =>
  [
    `Name: ${name}`,
    `Here is how ${name} splits the work "${work}" into small pieces, each with its length and what remains afterwards:`,
    ...rows.map(
      ([piece, minutes, left], i) =>
        `${i + 1}) ${name} is ${piece} (length in minutes: ${minutes}, minutes remaining: ${left})`
    ),
    "---"
  ].join("\n")

/** Plans that show how a plan has to look. */
export const examples: string = [
  example("Tilda", "preparing an exhibition", [
    ["unpacking the frames", 15, 165],
    ["sorting the pictures by size", 30, 135],
    ["drinking a cup of tea", 10, 125],
    ["hanging the large pictures", 60, 65],
    ["hanging the small pictures", 40, 25],
    ["checking the light in each room", 15, 10],
    ["sweeping the floor", 10, 0]
  ]),
  example("Marcus", "writing the lesson for the next day", [
    ["reading the curriculum", 15, 195],
    ["collecting ideas for exercises", 30, 165],
    ["writing the outline", 60, 105],
    ["making the work sheets", 40, 65],
    ["taking a break", 15, 50],
    ["going through the outline once more", 30, 20],
    ["putting the sheets in the bag", 20, 0]
  ]),
  example("Yuki", "getting ready for an examination", [
    ["reading the notes of the last weeks", 20, 100],
    ["solving old problems", 40, 60],
    ["comparing the solutions with the book", 15, 45],
    ["eating a snack", 5, 40],
    ["summing everything up on one page", 25, 15],
    ["calling a friend to compare", 15, 0]
  ])
].join("\n")
