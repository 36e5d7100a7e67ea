/** Estimates the tokens of a text from above. */
export const estimate = (text: string): number => Math.ceil(text.length / 2)
