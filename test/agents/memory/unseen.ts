/** A case: notes as `day text` (with `key=` in front where they have one), what is asked, what must be told, what is superseded. */
export interface Case {
  readonly lang: string
  readonly domain: string
  readonly notes: ReadonlyArray<string>
  readonly ask: string
  /** Words that stand together in one line. */
  readonly must: ReadonlyArray<ReadonlyArray<string>>
  /** Words of a superseded note, and the index in `must` of what replaced it; 0. */
  readonly stale?: ReadonlyArray<ReadonlyArray<string>>
  readonly by?: ReadonlyArray<number>
}

/** Written before the memory was, in domains and languages of their own; no constant is set by them. */
export const cases: ReadonlyArray<Case> = [
  {
    lang: "en",
    domain: "library",
    notes: ["3 The reading room closes at 18:00.", "9 The reading room closes at 20:00."],
    ask: "How long may a visitor read?",
    must: [["reading room", "20:00"]],
    stale: [["reading room", "18:00"]]
  },
  {
    lang: "en",
    domain: "library",
    notes: ["2 Adults may borrow 12 books.", "4 Children may borrow 30 books."],
    ask: "Explain the lending limits.",
    must: [
      ["adults", "12"],
      ["children", "30"]
    ]
  },
  {
    lang: "en",
    domain: "theatre",
    notes: [
      "1 Understudy for Lady Bracknell is Oona.",
      "6 Understudy for Lady Bracknell is Petra, Oona broke her wrist.",
      "7 The prompter is deaf in the left ear."
    ],
    ask: "Rehearse the handbag scene.",
    must: [
      ["bracknell", "petra"],
      ["prompter", "left ear"]
    ],
    stale: [["bracknell is oona"]]
  },
  {
    lang: "en",
    domain: "theatre",
    notes: ["5 Tonight's curtain is at eight.", "5 Matinee curtain is at half past two."],
    ask: "When does the curtain rise?",
    must: [
      ["tonight", "eight"],
      ["matinee", "half past two"]
    ]
  },
  {
    lang: "en",
    domain: "brewery",
    notes: [
      "2 tank=T4 gravity=1.048 temp=19.2",
      "5 tank=T4 gravity=1.012 temp=18.8",
      "5 tank=T5 gravity=1.061 temp=19.0"
    ],
    ask: "Is tank T4 ready to keg?",
    must: [
      ["T4", "1.012"],
      ["T5", "1.061"]
    ],
    stale: [["T4", "1.048"]]
  },
  {
    lang: "en",
    domain: "brewery",
    notes: [
      "1 The Saaz hops are in cold store 2.",
      "4 Moved the Saaz hops to cold store 5.",
      "8 The Saaz hops are in cold store 2."
    ],
    ask: "Fetch the Saaz.",
    must: [["saaz", "cold store 2"]],
    stale: [["saaz", "cold store 5"]]
  },
  {
    lang: "en",
    domain: "farm",
    notes: ["3 Field 7 has been sprayed, do not enter before Sunday.", "2 Field 7 is clear to enter."],
    ask: "Send the pickers to field 7.",
    must: [["field 7", "sprayed"]],
    stale: [["field 7", "clear"]]
  },
  {
    lang: "en",
    domain: "farm",
    notes: [
      '2 {"animal":{"id":"C-118","pen":"north","weight":412}}',
      '6 {"animal":{"id":"C-118","pen":"south","weight":431}}',
      '6 {"vehicle":{"id":"C-118","pen":"yard","weight":2100}}'
    ],
    ask: "Where does C-118 stand?",
    must: [
      ["animal", "C-118", "south", "431"],
      ["vehicle", "C-118", "yard"]
    ],
    stale: [["C-118", "north"]]
  },
  {
    lang: "en",
    domain: "aviation",
    notes: [
      "1 Runway 27 left is closed for resurfacing.",
      "3 Runway 27 left is back in use.",
      "3 Runway 09 right is closed for resurfacing."
    ],
    ask: "Which runways are usable?",
    must: [
      ["27 left", "back in use"],
      ["09 right", "closed"]
    ],
    stale: [["27 left", "closed"]]
  },
  {
    lang: "en",
    domain: "aviation",
    notes: ["4 squawk=7421 callsign=KLM81", "4 squawk=2210 callsign=SAS14", "6 squawk=1177 callsign=KLM81"],
    ask: "What does KLM81 squawk?",
    must: [
      ["KLM81", "1177"],
      ["SAS14", "2210"]
    ],
    stale: [["KLM81", "7421"]]
  },
  {
    lang: "en",
    domain: "museum",
    notes: [
      "2 | room | guard | radio |\n| --- | --- | --- |\n| Etruscan hall | Imre | 4 |\n| coin cabinet | Solveig | 6 |",
      "5 | room | guard | radio |\n| --- | --- | --- |\n| Etruscan hall | Bashir | 4 |\n| coin cabinet | Solveig | 9 |"
    ],
    ask: "Call the guard of the Etruscan hall.",
    must: [
      ["etruscan hall", "bashir"],
      ["coin cabinet", "solveig", "9"]
    ],
    stale: [
      ["etruscan hall", "imre"],
      ["coin cabinet", "6"]
    ],
    by: [0, 1]
  },
  {
    lang: "en",
    domain: "museum",
    notes: ["3 School groups enter free of charge.", "8 School groups pay 2 crowns a head from now on."],
    ask: "Quote a price for a class of thirty.",
    must: [["school groups", "2 crowns"]],
    stale: [["school groups", "free"]]
  },
  {
    lang: "en",
    domain: "beekeeping",
    notes: ["1 Hive 3 lost its queen.", "12 Hive 3 has a new queen, laying well.", "12 Hive 8 swarmed."],
    ask: "Inspect the hives.",
    must: [
      ["hive 3", "new queen"],
      ["hive 8", "swarmed"]
    ],
    stale: [["hive 3", "lost"]]
  },
  {
    lang: "en",
    domain: "chess",
    notes: ["2 round-4=Board 1: Okafor against Lind.", "3 round-4=Board 1: Okafor against Sato, Lind withdrew."],
    ask: "Set up the boards.",
    must: [["okafor", "sato"]],
    stale: [["okafor against lind"]]
  },
  {
    lang: "en",
    domain: "veterinary",
    notes: [
      "1 Biscuit (the spaniel) gets 5 mg twice daily.",
      "2 Biscuit (the hamster) gets 0.1 mg once daily.",
      "9 Biscuit (the spaniel) gets 2.5 mg twice daily."
    ],
    ask: "Prepare the dose for Biscuit.",
    must: [
      ["spaniel", "2.5 mg"],
      ["hamster", "0.1 mg"]
    ],
    stale: [["spaniel", "gets 5 mg"]]
  },
  {
    lang: "en",
    domain: "observatory",
    notes: ["4 Dome slit jammed at 40 degrees.", "4 Filter wheel: R in slot 2, V in slot 3.", "9 Dome slit repaired."],
    ask: "Observe the nova tonight.",
    must: [
      ["dome slit", "repaired"],
      ["slot 2", "slot 3"]
    ],
    stale: [["dome slit", "jammed"]]
  },
  {
    lang: "en",
    domain: "post",
    notes: ["2 Parcel RR55 weighs 4 kg.", "2 Parcel RR56 weighs 4 kg.", "6 Parcel RR55 weighs 5 kg after repacking."],
    ask: "Frank the parcels.",
    must: [
      ["RR55", "5 kg"],
      ["RR56", "4 kg"]
    ],
    stale: [["RR55", "4 kg"]]
  },
  {
    lang: "en",
    domain: "fishing",
    notes: [
      "1 Cod quota left: 14 tonnes.",
      "5 Haddock quota left: 9 tonnes.",
      "7 Cod quota left: 3 tonnes.",
      "7 Sold 2 tonnes of cod to Brim.",
      "8 Sold 2 tonnes of haddock to Brim."
    ],
    ask: "How much may we still land?",
    must: [
      ["cod quota", "3 tonnes"],
      ["haddock quota", "9 tonnes"],
      ["sold", "cod", "brim"],
      ["sold", "haddock", "brim"]
    ],
    stale: [["cod quota", "14 tonnes"]]
  },
  {
    lang: "en",
    domain: "newsroom",
    notes: [
      "1 Embargo on the inquest story lifts Tuesday noon.",
      "2 Embargo on the inquest story lifts Wednesday 6 am.",
      "2 Embargo on the budget story lifts Tuesday noon."
    ],
    ask: "May the inquest story run?",
    must: [
      ["inquest", "wednesday"],
      ["budget story", "tuesday"]
    ],
    stale: [["inquest", "tuesday"]]
  },
  {
    lang: "en",
    domain: "court",
    notes: [
      "2 Hearing in Vane v. Holt: courtroom 5.",
      "3 Hearing in Vane v. Moss: courtroom 2.",
      "9 Hearing in Vane v. Holt: courtroom 11."
    ],
    ask: "Where is Vane v. Holt heard?",
    must: [
      ["vane v. holt", "11"],
      ["vane v. moss", "2"]
    ],
    stale: [["vane v. holt", "courtroom 5"]]
  },
  {
    lang: "en",
    domain: "ski",
    notes: ["1 Lift B is running.", "3 Lift B stopped, wind.", "4 Piste 12 is icy below the bend."],
    ask: "Open the slopes.",
    must: [
      ["lift b", "stopped"],
      ["piste 12", "icy"]
    ],
    stale: [["lift b", "running"]]
  },
  {
    lang: "en",
    domain: "radio",
    notes: [
      'get_song({"slot":"08:10"}) -> {"title":"Blue Canary","length":181}',
      'get_song({"slot":"08:10"}) -> {"title":"Marsh Wind","length":204}',
      'get_song({"slot":"08:20"}) -> {"title":"Blue Canary","length":181}'
    ].map((text, i) => `${i + 1} ${text}`),
    ask: "What plays at 08:10?",
    must: [
      ["08:10", "marsh wind"],
      ["08:20", "blue canary"]
    ],
    stale: [["08:10", "blue canary"]]
  },
  {
    lang: "en",
    domain: "choir",
    notes: ["1 Altos wear green.", "1 Tenors wear grey.", "4 Rehearsal moved from the crypt to the parish hall."],
    ask: "What do altos put on?",
    must: [
      ["altos", "green"],
      ["tenors", "grey"],
      ["rehearsal", "parish hall"]
    ]
  },
  {
    lang: "en",
    domain: "pottery",
    notes: [
      "2 Kiln log: loaded 40 bowls. Cone 6 reached at 03:10. Cooled slowly over eleven hours. Three bowls cracked at the foot. Shelf 2 is warped and has to be replaced before the next firing, the supplier in Ghent has one left.",
      "3 The celadon glaze runs when it is thick."
    ],
    ask: "Prepare the next firing.",
    must: [["shelf 2", "warped"], ["celadon", "runs"], ["cracked at the foot"]]
  },
  {
    lang: "de",
    domain: "railway",
    notes: [
      "2 Der Regionalzug nach Aulendorf fährt von Gleis 3.",
      "5 Der Regionalzug nach Aulendorf fährt von Gleis 7."
    ],
    ask: "Von welchem Gleis fahren die Regionalzüge nach Aulendorf?",
    must: [["aulendorf", "gleis 7"]],
    stale: [["aulendorf", "gleis 3"]]
  },
  {
    lang: "de",
    domain: "bakery",
    notes: ["1 Roggenmehlbestand: 80 kg", "4 Roggenmehlbestand: 25 kg", "4 Dinkelmehlbestand: 60 kg"],
    ask: "Wie viel Roggenmehl haben wir?",
    must: [
      ["roggenmehlbestand", "25 kg"],
      ["dinkelmehlbestand", "60 kg"]
    ],
    stale: [["roggenmehlbestand", "80 kg"]]
  },
  {
    lang: "fr",
    domain: "vineyard",
    notes: [
      "2 La parcelle Est sera vendangée lundi.",
      "6 La parcelle Est sera vendangée jeudi.",
      "6 La parcelle Ouest est déjà vendangée."
    ],
    ask: "Organiser les vendanges.",
    must: [
      ["parcelle est", "jeudi"],
      ["parcelle ouest", "déjà"]
    ],
    stale: [["parcelle est", "lundi"]]
  },
  {
    lang: "es",
    domain: "port",
    notes: ["1 La grúa 4 está averiada.", "3 La grúa 4 funciona otra vez.", "3 La grúa 6 está averiada."],
    ask: "¿Qué grúas funcionan?",
    must: [
      ["grúa 4", "funciona"],
      ["grúa 6", "averiada"]
    ],
    stale: [["grúa 4", "averiada"]]
  },
  {
    lang: "it",
    domain: "opera",
    notes: [
      "1 Il direttore della Tosca è Bellini.",
      "7 Il direttore della Tosca è Ferrante.",
      "7 Il direttore dell'Aida è Bellini."
    ],
    ask: "Chi dirige la Tosca?",
    must: [
      ["tosca", "ferrante"],
      ["aida", "bellini"]
    ],
    stale: [["tosca", "bellini"]]
  },
  {
    lang: "nl",
    domain: "flowers",
    notes: [
      "2 De tulpenveiling begint om 6 uur.",
      "4 De tulpenveiling begint om 5 uur.",
      "4 De rozenveiling begint om 7 uur."
    ],
    ask: "Wanneer moeten we bij de veiling zijn?",
    must: [
      ["tulpenveiling", "5 uur"],
      ["rozenveiling", "7 uur"]
    ],
    stale: [["tulpenveiling", "6 uur"]]
  },
  {
    lang: "sv",
    domain: "ferry",
    notes: [
      "1 Färjan till Utö går från kaj 2.",
      "8 Färjan till Utö går från kaj 5.",
      "8 Färjan till Nåttarö går från kaj 2."
    ],
    ask: "Var ligger färjorna?",
    must: [
      ["utö", "kaj 5"],
      ["nåttarö", "kaj 2"]
    ],
    stale: [["utö", "kaj 2"]]
  },
  {
    lang: "fi",
    domain: "sauna",
    notes: ["2 Rantasaunan avain on laatikossa.", "3 Rantasaunan avain on naapurilla."],
    ask: "Mistä saan rantasaunaan avaimen?",
    must: [["rantasaunan", "naapurilla"]],
    stale: [["rantasaunan", "laatikossa"]]
  },
  {
    lang: "hu",
    domain: "spa",
    notes: ["2 A termálmedence hőfoka 36 fok.", "5 A termálmedence hőfoka 38 fok.", "5 A gyerekmedence hőfoka 30 fok."],
    ask: "Hány fokos a termálmedence?",
    must: [
      ["termálmedence", "38"],
      ["gyerekmedence", "30"]
    ],
    stale: [["termálmedence", "36"]]
  },
  {
    lang: "tr",
    domain: "carpets",
    notes: [
      "1 Kırmızı halının fiyatı 900 lira.",
      "4 Kırmızı halının fiyatı 1100 lira.",
      "4 Mavi halının fiyatı 700 lira."
    ],
    ask: "Kırmızı halı ne kadar?",
    must: [
      ["kırmızı", "1100"],
      ["mavi", "700"]
    ],
    stale: [["kırmızı", "900"]]
  },
  {
    lang: "ru",
    domain: "ballet",
    notes: [
      "2 Репетиция «Жизели» в малом зале.",
      "6 Репетиция «Жизели» в большом зале.",
      "6 Репетиция «Щелкунчика» в малом зале."
    ],
    ask: "Где репетируют «Жизель»?",
    must: [
      ["жизели", "большом"],
      ["щелкунчика", "малом"]
    ],
    stale: [["жизели", "малом"]]
  },
  {
    lang: "el",
    domain: "olives",
    notes: ["1 Το ελαιοτριβείο ανοίγει στις 6.", "3 Το ελαιοτριβείο ανοίγει στις 9."],
    ask: "Πότε ανοίγει το ελαιοτριβείο;",
    must: [["ελαιοτριβείο", "9"]],
    stale: [["ελαιοτριβείο", "στις 6"]]
  },
  {
    lang: "zh",
    domain: "teahouse",
    notes: ["2 龙井茶每两五十元。", "5 龙井茶每两六十八元。", "5 普洱茶每两三十元。"],
    ask: "龙井多少钱一两?",
    must: [
      ["龙井", "六十八"],
      ["普洱", "三十"]
    ],
    stale: [["龙井", "五十"]]
  },
  {
    lang: "zh",
    domain: "factory",
    notes: ["1 三号机床正在运行。", "2 三号机床停机检修。", "2 五号机床正在运行。"],
    ask: "哪些机床可以用?",
    must: [
      ["三号机床", "检修"],
      ["五号机床", "运行"]
    ],
    stale: [["三号机床", "运行"]]
  },
  {
    lang: "ja",
    domain: "inn",
    notes: ["1 露天風呂は午後十時までです。", "6 露天風呂は午後十一時までです。", "6 朝食は七時からです。"],
    ask: "露天風呂は何時まで入れますか",
    must: [
      ["露天風呂", "十一時"],
      ["朝食", "七時"]
    ],
    stale: [["露天風呂", "午後十時"]]
  },
  {
    lang: "ja",
    domain: "shrine",
    notes: ["2 祭りの神輿は東門から出ます。", "4 祭りの神輿は南門から出ます。"],
    ask: "神輿はどこから出る?",
    must: [["神輿", "南門"]],
    stale: [["神輿", "東門"]]
  },
  {
    lang: "ko",
    domain: "studio",
    notes: ["1 녹음실 예약은 월요일입니다.", "3 녹음실 예약은 금요일입니다.", "3 연습실 예약은 월요일입니다."],
    ask: "녹음실은 언제 예약되어 있나요?",
    must: [
      ["녹음실", "금요일"],
      ["연습실", "월요일"]
    ],
    stale: [["녹음실", "월요일"]]
  },
  {
    lang: "ar",
    domain: "market",
    notes: ["1 سعر التمر 20 درهما للكيلو.", "4 سعر التمر 26 درهما للكيلو.", "4 سعر العسل 90 درهما للكيلو."],
    ask: "كم سعر كيلو التمر؟",
    must: [
      ["التمر", "26"],
      ["العسل", "90"]
    ],
    stale: [["التمر", "20"]]
  },
  {
    lang: "he",
    domain: "orchard",
    notes: ["1 קטיף האבוקדו מתחיל ביום ראשון.", "3 קטיף האבוקדו מתחיל ביום רביעי."],
    ask: "מתי מתחיל קטיף האבוקדו?",
    must: [["האבוקדו", "רביעי"]],
    stale: [["האבוקדו", "ראשון"]]
  },
  {
    lang: "hi",
    domain: "school",
    notes: ["1 गणित की परीक्षा सोमवार को है।", "4 गणित की परीक्षा बुधवार को है।", "4 विज्ञान की परीक्षा सोमवार को है।"],
    ask: "गणित की परीक्षा कब है?",
    must: [
      ["गणित", "बुधवार"],
      ["विज्ञान", "सोमवार"]
    ],
    stale: [["गणित", "सोमवार"]]
  },
  {
    lang: "th",
    domain: "boats",
    notes: ["1 เรือไปเกาะเต่าออกเวลา 8 โมง", "3 เรือไปเกาะเต่าออกเวลา 10 โมง"],
    ask: "เรือไปเกาะเต่าออกกี่โมง",
    must: [["เกาะเต่า", "10"]],
    stale: [["เกาะเต่า", "8 โมง"]]
  },
  {
    lang: "vi",
    domain: "noodles",
    notes: ["2 Phở bò giá 45 nghìn.", "5 Phở bò giá 55 nghìn.", "5 Phở gà giá 40 nghìn."],
    ask: "Phở bò bao nhiêu tiền?",
    must: [
      ["phở bò", "55"],
      ["phở gà", "40"]
    ],
    stale: [["phở bò", "45"]]
  },
  {
    lang: "sw",
    domain: "clinic-coast",
    notes: ["1 Daktari wa meno anakuja Jumanne.", "3 Daktari wa meno anakuja Alhamisi."],
    ask: "Daktari wa meno anakuja lini?",
    must: [["meno", "alhamisi"]],
    stale: [["meno", "jumanne"]]
  },
  {
    lang: "uk",
    domain: "archive",
    notes: ["1 Справа 41 лежить у шафі 3.", "5 Справа 41 лежить у шафі 8.", "5 Справа 42 лежить у шафі 3."],
    ask: "Принеси справу 41.",
    must: [
      ["справа 41", "шафі 8"],
      ["справа 42", "шафі 3"]
    ],
    stale: [["справа 41", "шафі 3"]]
  },
  {
    lang: "id",
    domain: "volcano",
    notes: ["1 Jalur pendakian timur dibuka.", "2 Jalur pendakian timur ditutup.", "2 Jalur pendakian barat dibuka."],
    ask: "Jalur pendakian mana yang aman?",
    must: [
      ["timur", "ditutup"],
      ["barat", "dibuka"]
    ],
    stale: [["timur", "dibuka"]]
  },
  {
    lang: "pt",
    domain: "samba",
    notes: ["1 O ensaio da bateria é na quadra velha.", "6 O ensaio da bateria é no galpão do porto."],
    ask: "Onde é o ensaio?",
    must: [["bateria", "galpão"]],
    stale: [["bateria", "quadra velha"]]
  }
]
