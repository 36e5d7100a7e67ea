// How figures are written. What is not known is a dash.

const language = "en"
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 4 })
const three = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 })
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})

const known =
  (format) =>
  (value, ...rest) =>
    value === null || value === undefined || Number.isNaN(value) ? "–" : format(value, ...rest)

export const number = known((value) => plain.format(value))

export const count = known((value) => (value < 100_000 ? plain.format(value) : compact.format(value)))

/** Milliseconds, as people say them. */
export const time = known((millis) => {
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 99_500) return `${three.format(millis / 1000)} s`
  const minutes = millis / 60_000
  if (minutes < 99.5) return `${three.format(minutes)} min`
  const hours = minutes / 60
  return hours < 47.5 ? `${three.format(hours)} h` : `${three.format(hours / 24)} days`
})

/** A share of a whole; only all of it is 100 %, and only nothing of it 0 %. */
export const share = known((value) => {
  if (value > 0 && value < 0.0005) return "< 0.1 %"
  return `${plain.format(value < 1 ? Math.min(99.9, value * 100) : value * 100)} %`
})

/** A limit, as it stands behind what it limits. */
export const of = (limit) => (limit === null || limit === undefined ? "no limit" : `of ${plain.format(limit)}`)

/** A moment of the day. */
export const moment = (date) => clock.format(date)
