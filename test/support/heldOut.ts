// Texts that took no part in the fit of the prices of the estimate, by language or kind; its margin was chosen on them.

/** Prose, as people and models write it. */
export const natural: Readonly<Record<string, string>> = {
  English:
    "She had never meant to keep the bakery. It came to her with the debts, the two cats and a ledger in which her uncle had written down every loaf since 1974. On the first Monday she burned the rolls; by Friday the queue reached the chemist's door, and somebody had left a jar of plum jam on the step.",
  "English, technical":
    "A write-ahead log appends each change before it is applied, so that after a crash the engine can replay whatever had been acknowledged. Checkpoints bound how much must be replayed; the older segments may then be removed or archived.",
  "English, a talk":
    "Okay, so what did they say? They said no. Really? Yes, and then he called me back and asked if we could do it next week, so I told him I would have to think about it. I don't know. It's just that we've been there before, you know?",
  German:
    "Die Gemeinde hat beschlossen, die alte Brücke über den Bach bis zum Frühjahr zu sperren. Fußgänger können den Steg hinter der Mühle benutzen; für Fahrzeuge wird eine Umleitung über die Bahnhofstraße ausgeschildert. Die Kosten der Sanierung schätzt das Bauamt auf vierhunderttausend Euro.",
  French:
    "Le musée a rouvert ses portes après trois ans de travaux. Les visiteurs découvrent désormais une galerie lumineuse où les tableaux sont accrochés par époque, et une terrasse d'où l'on aperçoit les toits de la vieille ville. L'entrée reste gratuite pour les enfants et les étudiants.",
  Spanish:
    "El panadero se levanta a las tres de la mañana, enciende el horno y amasa en silencio mientras la radio da las noticias. A las seis llegan los primeros clientes, casi siempre los mismos: la enfermera que sale del turno de noche, el conductor del autobús y dos hermanos que estudian en la capital.",
  Portuguese:
    "A chuva começou de repente, quando o barco já estava longe da margem. O pescador recolheu as redes sem pressa, cobriu o motor com uma lona e sorriu para o neto, que nunca tinha visto uma tempestade no rio. Chegaram a casa ao anoitecer, molhados e felizes.",
  Italian:
    "La biblioteca del paese apre soltanto il martedì e il giovedì, ma nessuno se ne lamenta. Il bibliotecario conosce i gusti di tutti: gialli per il farmacista, poesie per la maestra, manuali di giardinaggio per il parroco. Quando un libro ritorna in ritardo, basta portare un dolce.",
  Danish:
    "Færgen sejler kun to gange om dagen, når vinteren kommer. Derfor køber de fleste på øen ind til en hel uge, og hvis nogen har glemt mælken, låner de hos naboen. Skolen har elleve elever og en lærer, som også spiller orgel i kirken om søndagen.",
  Czech:
    "Na nádraží bylo ještě prázdno, jen průvodčí pil kávu z termosky a četl včerejší noviny. Vlak přijel s malým zpožděním. Nastoupili jsme do posledního vozu, otevřeli okno a dívali se, jak se za řekou pomalu rozednívá.",
  Croatian:
    "Svake subote na tržnicu dolaze seljaci iz okolnih sela i prodaju sir, med i povrće. Najljepše je rano ujutro, dok još nema gužve i dok se ribari vraćaju s mora. Baka uvijek kupuje kod iste žene, jer njezine rajčice mirišu kao nekada.",
  Lithuanian:
    "Pavasarį upė pakyla ir užlieja pievas, todėl kelias į kaimą kelias dienas būna neišvažiuojamas. Vaikai džiaugiasi, kad nereikia eiti į mokyklą, o seneliai plukdo valtimi duoną ir paštą. Gegužę vanduo nuslūgsta ir pievos pražysta.",
  Malay:
    "Pasar malam itu dibuka setiap hari Rabu di tepi jalan besar. Penduduk kampung datang membeli ikan bakar, buah-buahan dan kuih yang masih panas. Kanak-kanak berlari di antara gerai sementara orang tua berbual tentang harga getah dan cuaca.",
  Swahili:
    "Asubuhi na mapema wavuvi husukuma mashua zao baharini na kurudi kabla ya jua kuwa kali. Wanawake huwasubiri ufukweni wakiwa na vikapu, na samaki wote huuzwa kabla ya saa nne. Watoto hucheza karibu na maji huku bibi akisimulia hadithi.",
  Russian:
    "Библиотека открывается в десять, но старик приходит раньше и ждёт на скамейке под липой. Он читает только книги о путешествиях, хотя сам ни разу не выезжал из города. Однажды ему принесли карту, и с тех пор он отмечает на ней места, о которых прочитал.",
  "Russian, a letter":
    "Здравствуйте! Благодарим вас за обращение. Мы проверили ваш заказ и выяснили, что посылка задержалась на складе из-за праздников. Доставка ожидается в четверг или пятницу. Если вам удобнее забрать её самостоятельно, пожалуйста, ответьте на это письмо.",
  Ukrainian:
    "На нашій вулиці відкрили маленьку кав'ярню, і тепер щоранку пахне свіжою випічкою. Господар сам смажить зерна, знає кожного відвідувача на ім'я і ніколи не поспішає. Увечері тут грають музиканти, а столики виносять просто на тротуар.",
  Serbian:
    "Сваког пролећа река се излије и поплави ливаде, па се до села неколико дана може само чамцем. Деца се радују јер нема школе, а стари људи седе на прагу и причају о великој поплави из своје младости.",
  Greek:
    "Το πλοίο έφτασε στο νησί πριν ξημερώσει. Οι ψαράδες μάζευαν τα δίχτυα, το καφενείο μόλις άνοιγε και ένας γάτος κοιμόταν πάνω στις κουλούρες των σχοινιών. Περπατήσαμε ως το σπίτι χωρίς να μιλάμε, για να μην ξυπνήσουμε τους γείτονες.",
  Arabic:
    "في كل صباح يفتح البائع دكانه الصغير قرب المسجد ويرتب الكتب القديمة على الرفوف. يعرف زبائنه واحدا واحدا، ويخبئ لهم ما يحبون من الروايات والدواوين. وفي المساء يجلس أمام الباب ويشرب الشاي مع جيرانه حتى تغلق السوق.",
  Hebrew:
    "הרכבת האחרונה יצאה בחצות, והתחנה נשארה ריקה. שומר הלילה כיבה את האורות, הכין לעצמו קפה והתיישב ליד החלון. הוא אהב את השקט שלפני הבוקר, כשאפשר היה לשמוע את הים מעבר לגגות.",
  Hindi:
    "गाँव की सबसे पुरानी दुकान नदी के पुल के पास है। वहाँ सुबह से शाम तक लोग चाय पीने और बातें करने आते हैं। दुकानदार हर किसी का हाल पूछता है और बच्चों को बिना पैसे के मिठाई दे देता है।",
  Chinese:
    "每到周末,老城区的书市就热闹起来。摊主们把旧书、地图和唱片摆在木板上,孩子们蹲在地上翻看连环画。我在这里买过一本没有封面的诗集,扉页上写着一个陌生人的名字和三十年前的日期。",
  Japanese:
    "駅前の小さな食堂は、朝の五時に店を開ける。市場で働く人たちが味噌汁と焼き魚を食べに来て、天気や魚の値段について話す。店主は注文を聞かなくても、誰が何を食べるかよく知っている。",
  Korean:
    "산 아래 작은 마을에는 오래된 우체국이 하나 있다. 우체부는 매일 자전거를 타고 언덕을 오르내리며 편지와 약을 나누어 준다. 겨울에 눈이 많이 오면 마을 사람들이 함께 길을 치워 그를 돕는다.",
  "a program in Python":
    'def moving_average(values, size):\n    """Yield the mean of each window of the given size."""\n    window = deque(maxlen=size)\n    total = 0.0\n    for value in values:\n        if len(window) == size:\n            total -= window[0]\n        window.append(value)\n        total += value\n        if len(window) == size:\n            yield total / size\n',
  "a program in Rust":
    "impl<T: Clone> Ring<T> {\n    pub fn push(&mut self, item: T) -> Option<T> {\n        let old = self.slots[self.head].replace(item);\n        self.head = (self.head + 1) % self.slots.len();\n        old\n    }\n\n    pub fn iter(&self) -> impl Iterator<Item = &T> + '_ {\n        self.slots.iter().flatten()\n    }\n}\n",
  "a query":
    "SELECT c.name, COUNT(o.id) AS orders, SUM(o.total) AS revenue\nFROM customers c LEFT JOIN orders o ON o.customer_id = c.id\nWHERE o.created_at >= '2026-01-01' AND c.country IN ('DE', 'FR')\nGROUP BY c.name HAVING SUM(o.total) > 1000\nORDER BY revenue DESC LIMIT 20;",
  "a document in Markdown":
    "## Installing\n\n1. Download the archive for your platform and unpack it.\n2. Copy `config.example.toml` to `config.toml`, and set at least `listen` and `data_dir`.\n3. Run `./server --check`; it should print **ok**.\n\n> Upgrading from version 3? Read the [notes](docs/upgrade.md) first.\n",
  "a page of HTML":
    '<section class="card" id="pricing">\n  <h2>Plans</h2>\n  <ul>\n    <li><a href="/plans/basic">Basic</a>: up to 5 users</li>\n    <li><a href="/plans/team">Team</a>: up to 50 users</li>\n  </ul>\n  <button type="submit" disabled>Continue</button>\n</section>\n'
}

/** What is no prose: the estimate may be further off, and is never to be under. */
export const kinds: Readonly<Record<string, string>> = {
  "a log":
    "2026-03-14T09:26:53.589Z WARN  [worker-7] retrying request id=9f8e2c1b attempt=3 delay=1200ms\n2026-03-14T09:26:54.801Z ERROR [worker-7] upstream 10.42.0.17:8443 closed the connection (ECONNRESET)\n",
  JSON: '{"id":"ord_8Zk2mQ","lines":[{"sku":"TX-4410","qty":3,"price":19.99},{"sku":"QB-0071","qty":1,"price":249}],"paid":true,"note":null}',
  YAML: 'services:\n  cache:\n    image: redis:8-alpine\n    ports:\n      - "6379:6379"\n    healthcheck:\n      test: ["CMD", "redis-cli", "ping"]\n      interval: 10s\n',
  TeX: "\\begin{align}\n  \\nabla \\cdot \\mathbf{E} &= \\frac{\\rho}{\\varepsilon_0}, \\\\\n  \\oint_{\\partial S} \\mathbf{B}\\, d\\ell &= \\mu_0 I.\n\\end{align}\n",
  "a table":
    "station;date;min;max\nOslo;2026-01-03;-11.4;-6.2\nLima;2026-01-03;19.8;27.1\nKyoto;2026-01-03;0.3;8.8\nPerth;2026-01-03;18.0;34.6\n",
  "a diff":
    "@@ -41,7 +41,7 @@ export const limit = (n: number) => {\n-  if (n > MAX) throw new RangeError(`too many: ${n}`)\n+  if (n > MAX) return MAX\n   return Math.max(0, n)\n",
  "a key": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dV",
  hashes: "d41d8cd98f00b204e9800998ecf8427e 0cc175b9c0f1b6a831c399e269772661 92eb5ffee6ae2fec3ad71c777531578f",
  "an address":
    "https://shop.example.com/de/search?q=wei%C3%9Fe+Schuhe&size=42&sort=price_asc&utm_source=newsletter#results",
  "a game of chess":
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 6. Re1 b5 7. Bb3 d6 8. c3 O-O 9. h3 Nb8 10. d4 Nbd7",
  "stage directions":
    "HAMLET. To be, or not to be. [Pause.] THE KING RISES; DRUMS AND TRUMPETS; EXEUNT ALL BUT HORATIO. CURTAIN.",
  "names of a molecule":
    "N-[(2S)-1-[(3-chloro-4-fluorophenyl)amino]-3-methyl-1-oxobutan-2-yl]-2-methoxybenzenesulfonamide hydrochloride",
  "small talk": "omg yesss 😂😂 see u at 8?? bring ur charger plsss, mine died again lol 🙈 btw gr8 pic!!! xoxo",
  "a drawing":
    "┌──────────┬──────┐\n│ name     │ size │\n├──────────┼──────┤\n│ left.png │ 4 KB │\n└──────────┴──────┘\n"
}
