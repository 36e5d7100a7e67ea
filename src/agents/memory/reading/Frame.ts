import { bit } from "../Aspect.ts"

/** What a statement speaks of: how things are, were, are going to be, may be, or would be under a condition. */
export type Frame = "now" | "past" | "later" | "guess" | "case"

/** Times that are over. */
const over =
  /\b(?:last (?:year|month|winter|spring|summer|autumn|season|decade|century)|(?:days|weeks|months|years|decades|long|while) ago|back (?:then|in)|at that time|in (?:those days|the (?:old days|past)|former times)|once upon|(?:in|during|of) (?:early |late |spring |summer |autumn |winter )?(?:1[5-9]|20)\d\d)\b/i
const before =
  /(?<!\b(?:is|are|am|be|being|get|gets|got|was|were) )\bused to (?!it\b|the\b|this\b|that\b|them\b)|\b(?:formerly|originally|in the past|had been)\b|\b(?:was|were|had|held) (?:once|previously)\b|\b(?:once|previously) (?:was|were|had|held|cost|stood|ran|sold|lived|worked)\b/i
const wasSo =
  /\b(?:was|were|wasn['’]t|had|did|held|cost|stood|ran|sold|left|kept|lay|sat|led|paid|took|met|went|owned|\p{L}{2,}ed)\b/iu
/** What changed in the past holds now. */
const changed =
  /\b(?:since|now|no longer|rose|risen|fell|fallen|grew|grown|became|become|climbed|dropped|sank|raised|lowered|increased|decreased|reduced|doubled|halved|cut|changed|moved|shifted|transferred|relocated|reassigned|replaced|reset|amended|revised|updated|corrected|extended|postponed|rescheduled|brought|appointed|elected|named|succeeded|promoted|hired|handed|passed|took over|went (?:up|down)|was (?:put|set|made|given|built))\b/i

const soon =
  /\b(?:soon|(?:next|the coming|the following) (?:year|month|week|winter|spring|summer|autumn|season|decade)|one day|some day|someday|in future|in the future|in (?:a|an|\d+|two|three|four|five|six|ten) (?:weeks?|months?|years?)(?: from now)?|in 20\d\d)\b/i
const coming =
  /\b(?:will|shall|['’]ll) (?:not )?(?:be(?! (?:enough|ready|here|there)\b)|become|cost|rise|fall|drop|climb|go (?:up|down))\b/i
const comes = /\b(?:will|shall|won['’]t|going to|(?:is|are) (?:about|expected|planned|supposed) to)\b|['’]ll\b/i

const guessed =
  /\b(?:maybe|perhaps|might|could ask|some day|someday|wonder|wonders|whether anyone|rumou?rs?|rumou?red|allegedly|supposedly|reportedly|possibly|probably|conceivably|presumably)\b|(?<!\b(?:i|you|we|they|who|visitors|guests) )\bmay (?:well |soon |even |yet |one day )?(?:be|become|cost|have|hold|rise|fall|drop|go|come|change|leave|turn|sell|move)\b(?! \p{L}+(?:ed|wn|ken|ld|pt)\b)|\bcould (?:well |soon |even |easily |one day )?(?:be|become|cost|rise|fall|drop|climb)\b/iu
/** Nobody who asks, doubts or wishes tells that it is so. */
const unsaid =
  /\b(?:ask(?:s|ed|ing)?|wonder(?:s|ed|ing)?|doubt(?:s|ed)?|unsure|uncertain|unclear|disputes?|disputed|discuss(?:es|ed)?|debat(?:es|ed)|knows?|remember|say|said|tell|sure) (?:\p{L}+ ){0,3}?(?:whether|if)\b|\bwhether\b|\b(?:wish(?:es|ed)?|dream(?:s|ed|t)?|pretend(?:s|ed)?|imagin(?:es?|ed)|joked?|lied) (?:that )?|\b(?:false|untrue|a lie|a joke|a myth|not true|believes|guesses|suspects|supposes|assumes|fears)\b|^(?:suppose|imagine|assume|what if|let's say)\b/iu

/** A condition, but for one of speech: "if anyone asks", "if you can". */
const condition =
  /(?:^|[,;:]\s*)(?:if|unless|provided(?: that)?|assuming(?: that)?|suppos(?:e|ing)(?: that)?|in case|were|should|had) (?!(?:(?:any|some)(?:one|body)|you) (?:asks?|needs?|wants?|wonders?|looks?|likes?|please|must|care)\b)(?=[^,]*\p{L}[^,]*,)/iu
const conditioned =
  /\b(?:if|unless|provided that|assuming|as long as) (?!(?:i|you|we|they|he|she) \p{L}+[.!]?["”]?$|\p{L}+[.!]?["”]?$|possible|necessary|need|(?:(?:any|some)(?:one|body)|you) (?:asks?|needs?|wants?|wonders?|looks?)\b)/iu

interface Told {
  readonly text: string
  readonly aspects: number
  readonly question: boolean
  readonly days: ReadonlySet<string>
  readonly values: ReadonlyArray<{ readonly kind: string }>
  readonly olds: ReadonlySet<string>
}

const rules = bit.rule | bit.lesson

/** Tells what a statement speaks of from its tense, its times and its doubts; a report of a change speaks of now. */
export const of = ({ aspects, days, olds, question, text, values }: Told): Frame => {
  if (question || guessed.test(text) || unsaid.test(text)) return "guess"
  if ((aspects & rules) === 0 && (condition.test(text) || conditioned.test(text))) return "case"
  // What is promised holds now, and a time that is told ahead is the time.
  const due = (aspects & bit.promise) !== 0 || days.size > 0 || values.some(({ kind }) => kind === "clock")
  if (comes.test(text) && (soon.test(text) || (!due && coming.test(text)))) return "later"
  const contrast = olds.size > 0 && values.length > 0
  if (contrast || changed.test(text)) return "now"
  return before.test(text) || (over.test(text) && wasSo.test(text)) ? "past" : "now"
}

const negation = /\b(?:no|not|never|nobody|none|neither|nor)\b|n['’]t\b|\b(?:has|have) (?:stopped|ceased|quit)\b/i

/** Whether a statement has a negation. */
export const negates = (text: string): boolean => negation.test(text)

/** A denial in one clause; one that goes on tells what is so instead. */
const denial =
  /\b(?:is|are|does|do|has|have)(?:n['’]t| not)(?! (?:only|just|yet|more than|less than|to be|again)\b)|\b(?:no longer|not any ?more)\b|\bany ?more\b|\b(?:has|have) (?:stopped|ceased|quit|given up)\b/i
const goesOn = /\bbut\b|\binstead\b|[,;:–—]\s*\S|\b(?:more|less|fewer|longer|later|earlier) than\b/i

/** Whether a statement only tells what is not so. */
export const denies = (text: string): boolean => denial.test(text) && !goesOn.test(text)
