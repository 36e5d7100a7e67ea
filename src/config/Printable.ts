const longest = 80

/** Makes one short line of a text, which must not write to the terminal it is printed on. */
export const printable = (text: string): string => {
  const start = text.length > longest ? `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "")}...` : text
  return start.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
