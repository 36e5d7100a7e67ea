/** Does its work so many times; what it returns, besides, are figures of its own. */
export type Work = (times: number) => Promise<Readonly<Record<string, number>> | void>

/** One of those that are compared. */
export interface Contender {
  readonly name: string
  /** Contenders with the same load; each is compared with the first of its group. One group if left out. */
  readonly group?: string
  /** Makes ready what is not to be timed. */
  readonly make: () => Promise<Work> | Work
  /** How often a sample does the work, if not as often as the suite says. */
  readonly times?: number
  /** How often the work is done before it is timed; three times. */
  readonly warm?: number
}

/** Contenders that do the same job. */
export interface Suite {
  readonly title: string
  /** What the table needs to be understood. */
  readonly note: string
  readonly times: number
  readonly contenders: ReadonlyArray<Contender>
}

/** What one process measured of one contender: microseconds a time, and figures of its own. */
export type Sample = Readonly<Record<string, number>> & {
  /** After a forced garbage collection, which drops much of the optimised code. */
  readonly cpu: number
  readonly wall: number
  /** The least CPU of the rounds after that, without another collection. */
  readonly warm: number
}

const warmRounds = 3

/** Takes one sample, in this process. */
export const take = async (suite: Suite, name: string): Promise<Sample> => {
  const contender = suite.contenders.find((each) => each.name === name)
  if (contender === undefined) throw new Error(`There is no contender ${name} in ${suite.title}.`)
  const times = contender.times ?? suite.times
  const work = await contender.make()
  for (let i = contender.warm ?? 3; i > 0; i--) await work(times)
  globalThis.gc?.()
  const { own, ...cold } = await timed(work, times)
  let warm = contender.warm === undefined ? Infinity : cold.cpu
  for (let i = contender.warm === undefined ? warmRounds : 0; i > 0; i--) {
    warm = Math.min(warm, (await timed(work, times)).cpu)
  }
  return { ...cold, warm, ...own }
}

const timed = async (work: Work, times: number) => {
  const cpu = process.cpuUsage()
  const begin = process.hrtime.bigint()
  const own = await work(times)
  const wall = Number(process.hrtime.bigint() - begin) / 1000
  const { system, user } = process.cpuUsage(cpu)
  return { own, cpu: (user + system) / times, wall: wall / times }
}
