/** What stands inside the fences of a text, in their order. */
export const contents = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let open: Array<string> | undefined
  for (const line of text.split("\n")) {
    if (!/^\s*(?:```|~~~)/.test(line)) open?.push(line)
    else if (open === undefined) open = []
    else {
      found.push(open.join("\n"))
      open = undefined
    }
  }
  if (open !== undefined) found.push(open.join("\n"))
  return found
}
