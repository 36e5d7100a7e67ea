/** A sequence of notes, what is asked, what must be told, and what must not be told as current. */
export interface Fault {
  readonly entries: ReadonlyArray<string>
  readonly situation: string
  readonly tells: ReadonlyArray<string>
  readonly tellsNot?: ReadonlyArray<string>
}

/** Faults that memories have had, and siblings of each kind. */
export const faults: Readonly<Record<string, ReadonlyArray<Fault>>> = {
  "memory drops the newer state": [
    {
      entries: ["Ticket INC-204 is open.", "Ticket INC-204 is closed."],
      situation: "What about ticket INC-204?",
      tells: ["closed"],
      tellsNot: ["is open"]
    },
    {
      entries: ["Ticket INC-204 is open.", "Ticket INC-204 has been closed."],
      situation: "What about ticket INC-204?",
      tells: ["closed"],
      tellsNot: ["is open"]
    },
    {
      entries: ["Ticket A-17 is open.", "Ticket A-17 is now closed."],
      situation: "What about ticket A-17?",
      tells: ["closed"],
      tellsNot: ["is open"]
    },
    {
      entries: ["Ticket INC-204 is open.", "Ticket INC-204 is in progress.", "Ticket INC-204 is closed."],
      situation: "What about ticket INC-204?",
      tells: ["closed"],
      tellsNot: ["is open", "in progress"]
    },
    {
      entries: ["Ticket INC-204 is closed.", "Ticket INC-204 is open again."],
      situation: "What about ticket INC-204?",
      tells: ["open"],
      tellsNot: ["is closed"]
    },
    {
      entries: ["Ticket 204 is open.", "Ticket 204 is closed."],
      situation: "What about ticket 204?",
      tells: ["closed"],
      tellsNot: ["is open"]
    },
    {
      entries: ["Valve V-12 is shut.", "Valve V-12 is half open."],
      situation: "Check valve V-12.",
      tells: ["half open"],
      tellsNot: ["is shut"]
    },
    {
      entries: ["Antrag 88 ist offen.", "Antrag 88 ist abgelehnt."],
      situation: "Was ist mit Antrag 88?",
      tells: ["abgelehnt"],
      tellsNot: ["ist offen"]
    },
    {
      entries: ["Bed 7 is taken.", "Bed 7 is free.", "Bed 7 is taken."],
      situation: "Is bed 7 free?",
      tells: ["Bed 7 is taken"],
      tellsNot: ["is free"]
    }
  ],
  "memory loses corrections that deny the old": [
    {
      entries: ["The deploy key is in vault A.", "Correction: the deploy key is in vault B, not in vault A."],
      situation: "Get the deploy key.",
      tells: ["vault B"],
      tellsNot: ["The deploy key is in vault A."]
    },
    {
      entries: ["The file is in folder blue.", "The file is in folder red, not in folder blue."],
      situation: "Open the file.",
      tells: ["folder red"],
      tellsNot: ["The file is in folder blue."]
    },
    {
      entries: ["The server is in rack A.", "The server is in rack B, no longer in rack A."],
      situation: "Where is the server?",
      tells: ["rack B"],
      tellsNot: ["The server is in rack A."]
    },
    {
      entries: ["The owner is Ana.", "The owner is Bo, not Ana."],
      situation: "Ask the owner.",
      tells: ["Bo"],
      tellsNot: ["The owner is Ana."]
    },
    {
      entries: ["The van is in Oslo.", "The van is not in Oslo but in Bergen."],
      situation: "Where is the van?",
      tells: ["Bergen"],
      tellsNot: ["The van is in Oslo."]
    },
    {
      entries: ["The meeting is on Tuesday.", "The meeting is on Friday, not on Tuesday."],
      situation: "When is the meeting?",
      tells: ["Friday"],
      tellsNot: ["is on Tuesday"]
    },
    {
      entries: ["The spare wheel is in the shed.", "The spare wheel is in the cellar, not in the shed."],
      situation: "Fetch the spare wheel.",
      tells: ["in the cellar"],
      tellsNot: ["The spare wheel is in the shed."]
    },
    {
      entries: ["La clé est chez Léa.", "La clé est chez Noé, plus chez Léa."],
      situation: "Où est la clé ?",
      tells: ["chez Noé"],
      tellsNot: ["La clé est chez Léa."]
    },
    {
      entries: ["Dosage: 20 ml.", "Dosage: 15 ml, not 20 ml."],
      situation: "Mix the dosage.",
      tells: ["15 ml"],
      tellsNot: ["Dosage: 20 ml."]
    }
  ],
  "memory takes two people for one": [
    {
      entries: ["John Smith's phone number is 555-0101.", "John Doe's phone number is 555-0199."],
      situation: "Call John Smith.",
      tells: ["555-0101"]
    },
    {
      entries: ["John Smith's birthday is 3 May.", "John Doe's birthday is 9 June."],
      situation: "When is John Smith's birthday?",
      tells: ["3 May"]
    },
    {
      entries: ["Anna Berg leads team Red.", "Karl Holm leads team Blue."],
      situation: "Who leads team Red?",
      tells: ["Anna Berg leads team Red"]
    },
    {
      entries: ["Anna Berg is the lead of team Red.", "Karl Holm is the lead of team Blue."],
      situation: "Who leads team Red?",
      tells: ["Anna Berg is the lead of team Red"]
    },
    {
      entries: ["Anna Berg manages the Oslo office.", "Karl Holm manages the Bergen office."],
      situation: "Who manages the Oslo office?",
      tells: ["Anna Berg"]
    },
    {
      entries: ["Anna Berg leads team Red.", "Ida Moe leads team Red."],
      situation: "Who leads team Red?",
      tells: ["Ida Moe"],
      tellsNot: ["Anna Berg"]
    },
    {
      entries: ["Maria Lopez lives in Lyon.", "Maria Silva lives in Porto."],
      situation: "Write to Maria Lopez.",
      tells: ["Maria Lopez lives in Lyon"]
    },
    {
      entries: ["Dr. Ito operates on Monday.", "Dr. Ono operates on Friday."],
      situation: "When does Dr. Ito operate?",
      tells: ["Ito operates on Monday"]
    },
    {
      entries: ["李明的电话是5550101。", "李华的电话是5550199。"],
      situation: "给李明打电话",
      tells: ["5550101"]
    }
  ],
  "memory tells the old answer beside the new": [
    {
      entries: ['{"order": 1182, "status": "pending"}', '{"order": 1182, "status": "shipped"}'],
      situation: "What is the status of order 1182?",
      tells: ["shipped"],
      tellsNot: ["pending"]
    },
    {
      entries: [
        '{"order":{"id":1182,"status":"pending","eta":"Friday"}}',
        '{"order":{"id":1182,"status":"shipped","eta":"Monday"}}'
      ],
      situation: "What is the status of order 1182?",
      tells: ["shipped", "Monday", "1182"],
      tellsNot: ["pending", "Friday"]
    },
    {
      entries: ["order=1182 status=pending", "order=1182 status=shipped"],
      situation: "What is the status of order 1182?",
      tells: ["shipped"],
      tellsNot: ["pending"]
    },
    {
      entries: ["Order 1182: pending", "Order 1182: shipped"],
      situation: "What is the status of order 1182?",
      tells: ["shipped"],
      tellsNot: ["pending"]
    },
    {
      entries: ["Flight LH123 leaves from gate B4.", "Flight LH123 leaves from gate C9."],
      situation: "Where does flight LH123 leave?",
      tells: ["C9"],
      tellsNot: ["B4"]
    },
    {
      entries: ["The price is 14 dollars.", "The price is 19 dollars."],
      situation: "What is the price?",
      tells: ["19"],
      tellsNot: ["14"]
    },
    {
      entries: ['{"sku":"P-7","stock":40}', '{"sku":"P-7","stock":12}'],
      situation: "How many of P-7 are in stock?",
      tells: ["12"],
      tellsNot: ["40"]
    },
    {
      entries: ['{"meter":{"id":"W-3","m3":118}}', '{"meter":{"id":"W-3","m3":125}}'],
      situation: "Read meter W-3.",
      tells: ["125"],
      tellsNot: ["118"]
    },
    {
      entries: ["room=12 guest=Abe", "room=12 guest=Zoe"],
      situation: "Who is in room 12?",
      tells: ["Zoe"],
      tellsNot: ["Abe"]
    },
    {
      entries: ['get_weather({"city":"Oslo"}) -> 4 degrees', 'get_weather({"city":"Oslo"}) -> 9 degrees'],
      situation: "How warm is Oslo?",
      tells: ["9 degrees"],
      tellsNot: ["4 degrees"]
    }
  ],
  "a new statement in other words than the old": [
    {
      entries: ["User: call me Theo please", "User: actually, everybody calls me Teddy now, use that"],
      situation: "Greet the user by name.",
      tells: ["Teddy"],
      tellsNot: ["call me Theo"]
    },
    {
      entries: ["周会在星期三上午十点。", "周会改到星期五下午两点。", "月会在星期三上午十点。"],
      situation: "周会什么时候开？",
      tells: ["周会", "星期五"],
      tellsNot: ["周会在星期三"]
    },
    {
      entries: ["读书会在图书馆二楼。", "读书会搬到咖啡厅了。"],
      situation: "读书会在哪里？",
      tells: ["咖啡厅"],
      tellsNot: ["图书馆"]
    },
    {
      entries: ["The parcel locker is behind the bakery.", "They put the parcel locker next to platform 2."],
      situation: "Fetch a parcel.",
      tells: ["platform 2"],
      tellsNot: ["bakery"]
    }
  ]
}
