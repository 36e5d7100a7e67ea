/** The tokens that a letter costs at the start of a word, from a to z: digits to base 36, in units of 0.04. */
const starts = "ldcefiscennfhjdczgfcipgigr"

/**
 * The tokens that a letter costs after another within a word: a row for each first letter from a to z, a digit for each
 * second one. Usual pairs cost next to nothing, since words with them have long tokens.
 */
const pairs = [
  "5340gd020o1001fda424040c4d",
  "7f43749kh590ceda92a8hbbada",
  "584807b0c600a919c05118a932",
  "377907gs3a68b55abk2d4dca4a",
  "k50300b507n83054020c32021j",
  "6d560ebc0a9bad19f0d10acdd9",
  "l8bc0d80d995955ac20fiiadkd",
  "69fa3dcc0c740a0bd6a03ic9aa",
  "68004008n2md16037h50z0bmm6",
  "59d91fe7d92edb49he0i5aa89d",
  "iabf793d8gf0aeq7ba7ad5a8ia",
  "a88700300ej5400aa9e748cc5e",
  "29c10ddn08c50g60bc0datb8db",
  "0a008j0fj9i01cc9a530g3ad9q",
  "v000g0gg0k598009h07h0e5d49",
  "2ea90abija808a1080009a740f",
  "naada8a8kcbbcab8cc9a0b79cd",
  "0g3802060b10300e9h804d6a07",
  "l457056529f96a15h700058c49",
  "8adg37a00gc00e00d3db895f2d",
  "042832id4ha180f5l0n0bba09m",
  "4dca098bcfa1aj8ba9f899c9fc",
  "6cba2c90adbb8408b60b6a7d7d",
  "nb1em8cdoccaecbacb4cg889f9",
  "1c7d4aecf9ge776eb8a98bbb8e",
  "8bcb69b9deig7foc8cbg079f4e"
]

const unit = 0.04
const priceAt = (digits: string, index: number): number => Number.parseInt(digits[index] ?? "z", 36) * unit

// Capitals and small letters share their last five bits, of which 1 stands for a.
const indexOf = (before: number, code: number): number => ((before & 31) << 5) | (code & 31)

const letters = Array.from({ length: 26 }, (_, index) => index + 1)
const startPrices = new Float64Array(32)
const pairPrices = new Float64Array(0x400)
for (const second of letters) {
  startPrices[second] = priceAt(starts, second - 1)
  for (const first of letters) pairPrices[indexOf(first, second)] = priceAt(pairs[first - 1]!, second - 1)
}

/** The price of an ASCII letter at the start of a word. */
export const priceOfStart = (code: number): number => startPrices[code & 31]!

/** The price of an ASCII letter after another in the same word. */
export const priceOfPair = (before: number, code: number): number => pairPrices[indexOf(before, code)]!

/** Pairs of letters that are frequent in Russian. */
const cyrillic =
  "ен ет ра ме то ни по ов ст ти не ре ть ор ол ат мо но ко ле ль им ва на ер об ли во те од ан ля ис та ка ип тр " +
  "ро го сп де ог ит че ны ем пр ия ие па ож до ся вл же ло вы ом от ес тс да нн пе ек кл ла яв бъ ак ам тв сл ел " +
  "ьз сс ар оп зо ас ае ил из нт ал рт са ой аз ци ед кт за ач ай ос ъя кс ир ры зн жн оз ыт со дл ьк фа йл ое бы " +
  "ду мп йс чи ый уе си ег ин ск ма мы бо хо ви жа ша щи шк чн сь ую ня лу лы зи ру рь ук ул ус ут уж уч их ий ию " +
  "ок он оч ош аш ах аж ья ве ри ки ми ди вс ещ ну му ще бе ев су ту кр гр др бр св зд вн вр чт шл шё чё лё тё ян " +
  "яц"

const small = (code: number): number => (code < 0x410 ? code + 80 : code < 0x430 ? code + 32 : code)
const cyrillicIndex = (before: number, code: number): number => ((small(before) & 63) << 6) | (small(code) & 63)

const frequent = new Uint8Array(0x1000)
for (const pair of cyrillic.split(" ")) frequent[cyrillicIndex(pair.charCodeAt(0), pair.charCodeAt(1))] = 1

/** Whether two Cyrillic letters often stand beside each other. */
export const areFrequent = (before: number, code: number): boolean => frequent[cyrillicIndex(before, code)] === 1
