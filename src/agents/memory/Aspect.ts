/** What a statement tells of its subject; a statement or a goal may touch several. */
export const aspects = [
  "price",
  "debt",
  "promise",
  "count",
  "place",
  "hours",
  "role",
  "state",
  "code",
  "measure",
  "lesson",
  "rule"
] as const

export type Aspect = (typeof aspects)[number]

/** One bit for each aspect. */
export const bit = Object.fromEntries(aspects.map((aspect, i) => [aspect, 1 << i])) as Readonly<Record<Aspect, number>>

const told: Readonly<Record<Aspect, string>> = {
  price: `price cost charge ask sell sold sale buy quote offer cheap cheaper expensive discount tariff fee fare rate worth
    vendor seller supplier reseller retail wholesale haggle bargain apiece trade barter expect part tag`,
  debt: "owe owes owed owing debt balance outstanding arrears loan lent borrow repay repaid creditor debtor",
  promise: `promise deliver delivery order due commit agree sign contract accept request want pledge deadline ship need
    remember receive supply undertake undertaken assure word bound`,
  count: `stock count qty quantity left remaining remain inventory free available store shelf bin total amount
    manifest hold`,
  place: `kept keep stand left leave move put found find store sit lie lay live park brought bring carry carried wheel place
    locate location relocate stay back saw see seen spot look hang hung stow check rest reside wait shift haul drag roll
    transfer return dock moor hide hidden lodge stack drop nights`,
  hours: `open close unlock shut start begin begins staffed hours scheduled schedule calendar until earliest before admit at`,
  role: `charge responsible responsibility run runs ran head lead leader manage manager owner own ownership belong belongs
    supervise supervisor assign reassign appoint elect chief boss captain foreman keeper steward given successor succeed oversee
    coordinate officer job command director coordinator warden relieve replace entrust deputy duty answers`,
  state: "status state condition",
  code: "code codes passcode password pin combination access token passphrase lock unlock key",
  measure: "reads reading measured measure degree gauge telemetry metric stands dial",
  lesson: `lesson mistake failed fail failure wrong ruined ruin lost broke broken spoiled spoil trouble cause reason limit
    learned learnt postmortem waste wasted badly cracked`,
  rule: `rule law policy standing regulation guideline instruction decree must never always limit allowed forbidden prohibited
    obey insist warned decided sworn beyond exceed capped cap ceiling charter`
}

const sought: Readonly<Record<Aspect, string>> = {
  price: `price cost buy purchase cheapest cheap cheaply cheaper sellers seller vendor vendors supplier suppliers compare offer
    offers quote haggle bargain deal terms renew afford least pay market expensive spend`,
  debt: "owe debt debts account accounts settle balance outstanding square repay collect open loan money due",
  promise: `promise promised delivery deliver order orders commitment committed complete ship send pack ticket prepare due
    deadline agreed owed`,
  count: `stock count enough order left remaining store hold have supply supplies available free pool many much inventory own
    cupboard last low`,
  place: "fetch get bring collect pick find where locate borrow hand ready need have take retrieve",
  hours:
    "open opens opens start begin early soon arrive first when hours time staffed ready prepare before schedule be",
  role: `responsible charge runs run head whoever who permission approval approve owner lead leads manages manage right person
    report boss ask signed sign manager`,
  state: "way route road path by through across shortest take send go cross travel pass use against via status whether",
  code: "enter into open access log login unlock code password inside out door",
  measure: "reading level check judge report budget allows afford given draw decide whether used usage measure",
  lesson: "mistake repeating repeat work job task properly again schedule plan careful care take do run",
  rule: "rule rules allowed limit"
}

const inflected = (word: string): ReadonlyArray<string> => {
  const base = word.endsWith("e") ? word.slice(0, -1) : word
  return word.length < 4 ? [word, `${word}s`] : [word, `${word}s`, `${base}ed`, `${base}ing`]
}

const index = (words: Readonly<Record<Aspect, string>>): ReadonlyMap<string, number> => {
  const bits = new Map<string, number>()
  for (const aspect of aspects) {
    for (const word of words[aspect].trim().split(/\s+/).flatMap(inflected))
      bits.set(word, (bits.get(word) ?? 0) | bit[aspect])
  }
  return bits
}

const tellers = index(told)

/** The aspects that a word of a statement points to; to restow is to stow. */
export const toldBy = (word: string): number =>
  tellers.get(word) ?? (word.startsWith("re") ? tellers.get(word.slice(2)) : undefined) ?? 0

/** The aspects that a word of a goal asks for. */
export const soughtBy: ReadonlyMap<string, number> = index(sought)
