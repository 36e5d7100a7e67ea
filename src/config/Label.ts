// Most labels are plain words, which are judged in a tenth of the time.
const plain = /^[!-~]{1,64}$/
const label = /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u

/** What a label may be, in words. */
export const allowed = "1 to 64 characters on one line"

/** Takes a text as a label, without the blanks around it; `undefined` if it is none. */
export const parse = (text: unknown): string | undefined => {
  if (typeof text === "string" && plain.test(text)) return text
  const trimmed = typeof text === "string" ? text.trim() : ""
  return label.test(trimmed) ? trimmed : undefined
}
