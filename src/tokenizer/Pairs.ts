/** Pairs of letters that are frequent in English, other languages of Latin letters, and code. */
const latin =
  "er in re on en de es te st or at ti th it le ar ne an se la co he nt me ra li io al po is ta nd ro et ed to ec " +
  "un ns ri el ll ng pa na di as od ct ve pe no im ie si rt ad tr em ch om pr ur ac il ol ma ex ic ty do lo ou ce " +
  "ss ue ni am ir ca vi ge ef ul mp tt so ai us nc ea fe op ts mo fi id va da mi ut su ha os ht ci fo be hi cl qu " +
  "tu ev yp sp ow rs wa ck ag pl we ff lu ab um ei if du ke ps tp pt ip ru ee sa bi ot wi"

/** Pairs of letters that are frequent in Russian. */
const cyrillic =
  "ен ет ра ме то ни по ов ст ти не ре ть ор ол ат мо но ко ле ль им ва на ер об ли во те од ан ля ис та ка ип тр " +
  "ро го сп де ог ит че ны ем пр ия ие па ож до ся вл же ло вы ом от ес тс да нн пе ек кл ла яв бъ ак ам тв сл ел " +
  "ьз сс ар оп зо ас ае ил из нт ал рт са ой аз ци ед кт за ач ай ос ъя кс ир ры зн жн оз ыт со дл ьк фа йл ое бы " +
  "ду мп йс чи ый уе си ег ин ск ма мы бо хо ви жа ша щи шк чн сь ую ня лу лы зи ру рь ук ул ус ут уж уч их ий ию " +
  "ок он оч ош аш ах аж ья ве ри ки ми ди вс ещ ну му ще бе ев су ту кр гр др бр св зд вн вр чт шл шё чё лё тё ян " +
  "яц"

/** A letter as it is written small: of those in ASCII, and of Cyrillic. */
const small = (code: number): number => {
  if (code < 128) return code | 32
  return code < 0x410 ? code + 80 : code < 0x430 ? code + 32 : code
}

const keyOf = (first: number, second: number): number => small(first) * 0x10000 + small(second)

const frequent = new Set(`${latin} ${cyrillic}`.split(" ").map((pair) => keyOf(pair.charCodeAt(0), pair.charCodeAt(1))))

/** Whether two letters often stand beside each other, so that words with them have long tokens. */
export const areFrequent = (first: number, second: number): boolean => frequent.has(keyOf(first, second))
