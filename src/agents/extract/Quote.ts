/** How the texts of a reply are quoted, by the opening mark: which marks close them. */
export const closers: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "`": "`",
  "“": '”“"',
  "”": '”"',
  "„": '“”"',
  "‘": "’‘'",
  "’": "’'",
  "«": "»"
}

/** A text that was quoted, and where the reply goes on. */
export interface Quoted {
  readonly text: string
  readonly end: number
  /** Whether the reply ended inside. */
  readonly cut: boolean
}

/** Where the text stands: a key, a value in an object, an item of an array. */
export type Place = "key" | "value" | "item"

const nextKey = /^\s*:?(?:["'“”`][^"'“”`\n:]{0,80}["'“”`]|[A-Za-z_$][\w$ -]{0,40})\s*(?::|=>?)/
const nextItem = /^\s*(?:["'“”‘„«`[{\]}]|[+-]?\d|(?:true|false|null|none)\b|\.{3}|…|$)/i
/** A key that the reply ends in. */
const lastKey = /^\s*["'“”`][^"'“”`]*["'“”`]?\s*$/

// Far enough for the key of the next member.
const sight = 160

/** Whether a mark ends its text, by what follows; marks inside a text are often left as they are. */
const ends = (rest: string, place: Place): boolean => {
  const next = rest.trimStart()
  const sign = next[0]
  if (sign === undefined || sign === "}" || sign === "]" || sign === ")") return true
  if (place === "key") return true
  if (sign === ",") {
    const after = next.slice(1)
    if (place === "item") return nextItem.test(after)
    return (
      nextKey.test(after) ||
      /^\s*(?:[}\]#]|\/[/*]|,|\.{3}|$)/.test(after) ||
      (rest.length < sight && lastKey.test(after))
    )
  }
  if (/^(?:\/\/|\/\*|#|\+\s*["'`])/.test(next)) return true
  const apart = next.length < rest.length
  return apart && (place === "item" ? /^["'“`{[]/.test(next) : nextKey.test(next))
}

const simple: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }

/** Takes back the escapes of a text; one that means nothing stays as it is. */
export const unescape = (text: string): string =>
  text.replaceAll(
    /\\(?:u(?:\{([0-9a-f]{1,5})\}|([0-9a-f]{4}))|([\s\S]))/gi,
    (all, long: string | undefined, short: string | undefined, sign: string | undefined) => {
      const code = long ?? short
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16))
      return simple[sign!] ?? (/["'`\\/“”‘’\n]/.test(sign!) ? sign! : all)
    }
  )

/** Reads the text that begins at an opening mark, inside what the brackets close. */
export const read = (reply: string, at: number, place: Place, brackets: string): Quoted => {
  const marks = closers[reply[at]!]!
  const threefold = reply[at]!.repeat(3)
  if (/["']/.test(threefold[0]!) && reply.startsWith(threefold, at)) {
    const end = reply.indexOf(threefold, at + 3)
    if (end !== -1) return { text: unescape(reply.slice(at + 3, end)), end: end + 3, cut: false }
  }
  // A member that begins inside a value: its quote was forgotten.
  let lost = -1
  for (let index = at + 1; index < reply.length; index++) {
    const sign = reply[index]!
    if (sign === "\\") index++
    else if (marks.includes(sign)) {
      const rest = reply.slice(index + 1, index + 1 + sight)
      if (ends(rest, place)) return { text: unescape(reply.slice(at + 1, index)), end: index + 1, cut: false }
      if (place === "value" && lost !== -1 && /^\s*:/.test(rest)) return lostAt(reply, at, lost)
      const before = reply.slice(Math.max(at + 1, index - sight), index)
      lost = /,\s*$/.test(before) ? index - before.length + before.lastIndexOf(",") : -1
    }
  }
  return unended(reply, at, brackets)
}

const lostAt = (reply: string, at: number, end: number): Quoted => ({
  text: unescape(reply.slice(at + 1, end)),
  end,
  cut: false
})

/** A text whose mark is missing ends where all brackets do, if just these stand at the very end. */
const unended = (reply: string, at: number, brackets: string): Quoted => {
  const tail = reply.slice(Math.max(at + 1, reply.length - sight)).replace(/\s*(?:```\s*)?$/, "")
  let end = tail.length
  let missing = brackets.length
  while (end > 0 && missing > 0 && tail[end - 1] === brackets[missing - 1]) {
    missing--
    end = tail.slice(0, end - 1).trimEnd().length
  }
  return missing > 0
    ? { text: "", end: reply.length, cut: true }
    : lostAt(reply, at, Math.max(at + 1, reply.length - sight) + end)
}
