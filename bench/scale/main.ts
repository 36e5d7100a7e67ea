// Several processes under one shared limit: starts, permits at once, use of the limit, and permits of killed replicas.
//
//   npm run scale -- --replicas 1,2,4,8 --seconds 60 [--work 400] [--rate 10|unlimited] [--permits 5] [--allowance 0]
//                    [--lease 10000] [--kills 0] [--of headgate,rate-limiter-flexible,bottleneck]
import { parseArgs } from "node:util"
import { freePort, TestRedis } from "../../test/support/redis.ts"
import type { Limits } from "./limiters.ts"
import type { Plan } from "./child.ts"
import { judge, killOne, milliseconds, Replica } from "./Replica.ts"

const { values } = parseArgs({
  options: {
    replicas: { type: "string", default: "1,2,4,8" },
    seconds: { type: "string", default: "60" },
    work: { type: "string", default: "400" },
    rate: { type: "string", default: "10" },
    permits: { type: "string", default: "5" },
    callers: { type: "string", default: "10" },
    allowance: { type: "string", default: "0" },
    lease: { type: "string", default: "10000" },
    kills: { type: "string", default: "0" },
    of: { type: "string", default: "headgate" }
  }
})

const seconds = Number(values.seconds)
const perSecond = values.rate === "unlimited" ? null : Number(values.rate)
const permits = Number(values.permits)
const lease = Number(values.lease)
const kills = Number(values.kills)

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

const planOf = (kind: Limits["kind"], port: number): Plan => ({
  port,
  kind,
  callers: Number(values.callers),
  workMillis: Number(values.work),
  allowance: Number(values.allowance),
  leaseMillis: lease,
  perSecond,
  permits,
  burst: 1
})

interface Kill {
  readonly held: number
  readonly back: number
}

const reportKills = (killed: ReadonlyArray<Kill>) => {
  const holding = killed.filter(({ held }) => held > 0)
  const backs = holding.map(({ back }) => back).filter((back) => back < Infinity)
  const lost = holding.filter(({ back }) => back === Infinity).reduce((sum, { held }) => sum + held, 0)
  const range = backs.length > 0 ? `${Math.round(Math.min(...backs))} to ${Math.round(Math.max(...backs))} ms` : "never"
  process.stdout.write(
    `  ${killed.length} kills, ${holding.length} of them with permits held: back after ${range} (lease ${lease} ms), ` +
      `${lost} permits not back within ${3 * lease} ms\n`
  )
}

const trial = async (kind: Limits["kind"], count: number): Promise<void> => {
  const redis = new TestRedis(await freePort())
  await redis.start()
  const plan = planOf(kind, redis.port)
  const replicas = Array.from({ length: count }, () => new Replica(plan))
  const every = [...replicas]
  try {
    await Promise.all(replicas.map(({ ready }) => ready))
    const begin = milliseconds()
    for (const replica of replicas) replica.tell("go")
    const killed: Array<Kill> = []
    if (kills === 0) await sleep(seconds * 1000)
    for (let i = 0; i < kills; i++) {
      await sleep(200 + (Math.random() * lease) / 4)
      const kill = await killOne(replicas, plan, 3 * lease)
      killed.push(kill)
      every.push(kill.next)
      // Nothing comes back any more.
      if (killed.filter(({ back }) => back === Infinity).length > 2) break
    }
    // Those that were started must have heard "go" before "stop".
    await Promise.all(replicas.map(({ ready }) => ready))
    if (kills > 0) await sleep(1000)
    const took = (milliseconds() - begin) / 1000
    for (const replica of replicas) replica.tell("stop")
    await Promise.race([Promise.all(replicas.map(({ closed }) => closed)), sleep(10_000)])
    const within = every.flatMap((one) => one.edges).filter(({ at }) => at < begin + took * 1000)
    const { busy, most, peak, starts } = judge(within, begin)
    const shares = every.map((one) => one.edges.filter(({ change }) => change === 1).length)
    const due = perSecond === null ? undefined : Math.floor(perSecond * took) + 1
    const used = due === undefined ? busy / permits : starts / due
    process.stdout.write(
      `${kind}, ${count} replicas, ${took.toFixed(1)} s: ${starts} starts${due === undefined ? "" : ` of ${due}`}, ` +
        `${(100 * used).toFixed(1)} % used, at most ${peak} at once, ${most} in a second, by replica ${shares.join(" ")}\n`
    )
    if (kills > 0) reportKills(killed)
  } finally {
    for (const replica of every) await replica.kill()
    await redis.remove()
  }
}

for (const kind of values.of.split(",") as ReadonlyArray<Limits["kind"]>)
  for (const count of values.replicas.split(",")) await trial(kind, Number(count))
process.exit(0)
