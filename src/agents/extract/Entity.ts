const named: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", nbsp: " ", amp: "&" }

/** Takes back the entities of HTML that stand for marks. */
export const decode = (text: string): string =>
  text.replaceAll(/&(?:(quot|apos|lt|gt|nbsp|amp)|#(\d{1,6})|#x([\da-f]{1,5}));/gi, (_, name, decimal, hexadecimal) =>
    name === undefined
      ? String.fromCodePoint(Number(decimal ?? `0x${hexadecimal}`))
      : named[String(name).toLowerCase()]!
  )
