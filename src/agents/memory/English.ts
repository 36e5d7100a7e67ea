const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter((word) => word !== ""))

/** Words that hold a sentence together and name nothing. */
export const functionWords = list(`
  a an the this that these those some any each every no none all both few many much more most other another such own same
  i me my mine we us our ours you your yours he him his she her hers it its they them their theirs who whom whose which what
  of to in on at by for with from into onto over under near about after before until till since during between among through
  against without within along across behind beside beyond above below off out up down around past per via as than like
  and or but nor so if then else when while where why how because though although unless whether
  is are was were be been being am do does did done doing have has had having will would can could may might must shall should
  not don't doesn't didn't isn't aren't wasn't won't can't cannot couldn't wouldn't shouldn't i'm it's we're they're there's
  there here now today just only also too very still again once yet already ever never always often sometimes soon later
  yes please ok okay oh well hey hello hi thanks
  s t one de van von der den la le di da del el al bin ibn one's let let's i'll we'll you'll i've we've etc eg ie vs fyi re
`)

/** Days and parts of days, by which things are due. */
export const dayWords = list(`
  monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
  january february march april june july august september october november december
  morning noon afternoon evening night midnight dawn dusk sunrise sunset tonight tomorrow
`)

/** Words of time: they date a statement and are no part of its subject. */
export const timeWords = list(`
  monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
  january february march april june july august september october november december
  morning noon afternoon evening night midnight dawn dusk sunrise sunset tonight tomorrow yesterday
  day days week weeks month months year years hour hours minute minutes second seconds shift
  end start beginning latest earliest ago moment time times lately recently currently
`)

/** Verbs and other words of every talk: too common to tell one subject from another. */
export const commonWords = list(`
  say says said tell tells told hear heard ask asks asked answer answered reply speak spoke talk talked mention mentioned explain
  report reports reported confirm confirms confirmed agree agrees agreed claim claims know knows knew known think thinks thought
  believe feel felt see saw seen look looks looked watch notice noticed note noted notes remember reminder remind recall learn
  learned learnt find found meet met come comes came go goes went gone get gets got gotten give gives gave given take takes took
  taken make makes made put puts keep keeps kept hold holds held bring brings brought carry carried send sends sent set sets let
  leave leaves left stay stays stand stands stood sit sits sat lie lies lay live lives move moves moved turn turns turned
  walk walked pass passed run runs ran want wants wanted need needs needed like likes liked try tries tried use uses used
  work works worked help helped show shows showed read reads write wrote call calls called happen happens happened become
  became begin begins begun seem seems seemed appear appears stop stops stopped change changes changed update updated
  buy buys bought pay pays paid sell sells sold cost costs spend spends spent lose loses lost win wins won start starts
  started finish finishes finished open opens opened close closes closed wait waits waited follow follows followed
  grow grew fall falls fell rise rises rose drop drops dropped raise raises raised lower lowers lowered climb climbs climbed
  reach reaches reached return returns returned visit visits visited arrive arrives arrived enter enters entered
  add adds added check checks checked choose chose chosen decide decides decided expect expects expected offer offers offered
  order orders ordered accept accepts accepted promise promises promised sign signs signed prepare prepares prepared
  wish hope hopes plan plans planned join joined share shared pick picks picked push pushed pull pulled break broke broken
  new old good bad better best worse first last next long short big small great little right wrong whole half other real
  thing things something anything nothing everything someone anyone nobody everybody people person way ways kind sort lot bit
  rest part number place word words new once twice still instead rather longer anymore actual actually really quite simply
  per each about back away along together apart ahead far near sure able according listen please sorry heads forget matter
  two three four five six seven eight nine ten dozen hundred thousand
`)

/** Words that only point. */
export const determiners = list("the a an my our his her their your this that")

/** Verbs that say what something is like. */
export const copulas = list(`
  is are was were be being become became becomes went goes remains remained stays stayed looks looked seems seemed appears
  appeared proves proved status it's
`)

/** Words that only say that something is repeated. */
export const repeatWords = list(
  `again still once more before earlier same noticed indeed confirm confirmed others another`
)

/** Prepositions that lead to a place. */
export const locating = list(
  "at in inside by near under on behind beside to into onto over outside within beneath above below"
)

/** Words of a state that something is in or out of. */
export const stateWords = list(`
  open opened closed shut blocked clear cleared free busy occupied empty full broken working repaired fixed damaged ready
  available unavailable online offline up down passable impassable flooded frozen locked unlocked safe unsafe healthy degraded
  cancelled canceled delayed suspended active inactive running stopped paused resumed restricted reserved sealed quarantined
  contaminated pending done finished live dead dark jammed stuck lost missing dry wet hot cold stable unstable critical nominal
  operational maintenance repair
`)

/** What something is in, on or under without being in a place: in use, on hold, under repair. */
export const conditions = list(`
  order use service hold repair maintenance quarantine control construction strike fire bloom danger doubt progress transit
  operation stock limits motion flames bits pieces ruins trouble shape time tune demand flight place water way review guard arms
`)

/** Words with which a statement says that it replaces an older one. */
export const changeWords = list(`
  now today longer anymore instead rather changed change changes new newly moved moves shifted shift amended revised updated
  update corrected correction reset rotated replaced replaces raised lowered dropped rose climbed fell down up loosened
  tightened reassigned relocated transferred forget void cancelled expired since until former formerly previously was were
  yesterday became becomes after already
`)
