/** The model does not answer. */
export const refusal =
  /\b(?:sorry|apologi[sz]e|cannot|can['’]?t|unable|won['’]t|not (?:able|sure|possible|enough)|don['’]?t (?:know|have)|do not (?:know|have)|no idea|refuse|decline|insufficient|impossible|as an ai|need more|depends|unclear|unknown)\b/i

/** The model takes back what it said. */
export const correction =
  /\b(?:actually|wait|correction|scratch that|on (?:second thought|reflection)|i meant|my mistake|let me (?:correct|revise|reconsider)|changed? my mind)\b\s*[,.:;!—–-]|\b(?:scratch that|i meant|on second thought)\b/i

/** What comes next shows how an answer may look, and is none. */
export const example =
  /\b(?:(?:for example|for instance|e\.g\.|hypothetically)\b[^.!?\n]{0,40}|format (?:would|should|is|will)(?: be)?\s*:?|(?:would|could|might) look like:?|(?:considered|thought (?:of|about)):?)\s*["'`(]?$/i

/** The model puts another value in the place of one it gave. */
export const replacement =
  /\b(?:settled? (?:on|for)|make (?:it|that)|should be|chang(?:e|ed|ing) (?:it |this |that )?to|go(?:ing)? with|instead|final(?:ly)? (?:rating|answer|score|decision|value))\b/i

/** What comes next is another answer that may hold as well. */
export const alternative =
  /(?:\b(?:or(?! rather\b)|alternatively|otherwise|possibly|perhaps|maybe|(?:another|other|second) (?:option|possibility|answer|choice)|(?:could|might|may) (?:also )?be)\b[^.!?\n{}[\]]{0,40}|^\s*\/)[\s`~:,"'(]*(?:json\s*)?$/i

/** The model settles after it weighed. */
export const settlement =
  /\b(?:actually|final(?:ly)?|settle|therefore|thus|overall|in the end|revised?|corrected|i(?:['’]ll| will) go with)\b/i

/** The model names several, or none for certain. */
export const hedge =
  /\b(?:either|maybe|perhaps|possibly|might|could be|between|somewhere|whether|if|or|at least|at most|more than|less than|over|under|up to|no more|no less)\b/i
