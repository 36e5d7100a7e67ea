import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import { freePort, hasRedis, redis, TestRedis } from "../support/redis.ts"
import { proxy } from "../support/proxy.ts"
import { isUp, replica, until } from "../support/replicas.ts"

const command = (port: number, ...words: ReadonlyArray<string>) =>
  Effect.sync(() => spawnSync("redis-cli", ["-p", String(port), ...words], { encoding: "utf8" }).stdout)

/** What Redis is told, so that it refuses to decide; how it says so; and what mends it. */
const refusals = {
  "is full": { begin: "config set maxmemory 1", reason: /OOM/, end: "config set maxmemory 0" },
  "has become a replica": { begin: "replicaof 127.0.0.1 1", reason: /READONLY/, end: "replicaof no one" },
  "denies the user its keys": {
    begin: "acl setuser default resetkeys ~other:*",
    reason: /NOPERM/,
    end: "acl setuser default allkeys"
  },
  "denies the user a command of its scripts": {
    begin: "acl setuser default -set -hset",
    reason: /can't run this command|NOPERM/,
    end: "acl setuser default +@all"
  },
  "has lost enough of its replicas to take writes": {
    begin: "config set min-replicas-to-write 1",
    reason: /NOREPLICAS/,
    end: "config set min-replicas-to-write 0"
  }
} as const

const listening = (told: Array<string>) =>
  Logger.layer([
    Logger.make(({ message }) => {
      told.push(JSON.stringify(message))
    })
  ])

describe.runIf(hasRedis)("A Redis that answers, but", () => {
  for (const [what, { begin, end, reason }] of Object.entries(refusals)) {
    it.live(`${what}, counts as down, with the reason in the log, until it decides again`, () => {
      const told: Array<string> = []
      return Effect.gen(function* () {
        const { port, url } = yield* redis
        const one = yield* replica({ url })
        yield* isUp(true)(one)

        yield* command(port, ...begin.split(" "))
        yield* isUp(false)(one)
        const answer = yield* one.pass({}, Effect.succeed("an answer"))
        yield* command(port, ...end.split(" "))
        yield* isUp(true)(one)

        assert.strictEqual(answer, "an answer")
        assert.match(told.join("\n"), reason)
      }).pipe(Effect.provide(listening(told)))
    })
  }

  it.live("has become a replica behind an address that now leads to another, is left for the other", () =>
    Effect.gen(function* () {
      const old = yield* redis
      const next = yield* redis
      const way = yield* proxy(old.port)
      const one = yield* replica({ url: Redacted.make(`redis://127.0.0.1:${way.port}`) })
      yield* isUp(true)(one)
      yield* command(old.port, "replicaof", "127.0.0.1", String(next.port))
      way.retarget(next.port)

      yield* isUp(false)(one)
      yield* isUp(true)(one)

      yield* one.pass({}, Effect.void)
      assert.match(yield* command(next.port, "keys", "*"), /rate:default:starts/)
    })
  )
})

describe.runIf(hasRedis)("Redis", () => {
  it.live("in cluster mode decides, if one node has all slots", () =>
    Effect.gen(function* () {
      const store = yield* started("--cluster-enabled", "yes")
      yield* command(store.port, "cluster", "addslotsrange", "0", "16383")
      yield* Effect.promise(async () => {
        while (
          !spawnSync("redis-cli", ["-p", String(store.port), "cluster", "info"], { encoding: "utf8" }).stdout.includes(
            "cluster_state:ok"
          )
        );
      })
      const one = yield* replica({ url: store.url })
      yield* isUp(true)(one)

      yield* one.pass({}, Effect.void)
      yield* Effect.exit(one.pass({}, Effect.fail({ status: 429, headers: { "retry-after": "0.01" } })))
      yield* Effect.exit(one.pass({}, Effect.fail({ status: 503 })))
      yield* until("the circuit is told", () => one.link.view.requests > 3)
      assert.deepStrictEqual([one.link.isUp, one.link.view.failures], [true, 0])
    })
  )

  it.live("with databases keeps the limits of each by themselves", () =>
    Effect.gen(function* () {
      const { port } = yield* redis
      const urls = ["", "/0", "/3"].map((path) => Redacted.make(`redis://127.0.0.1:${port}${path}`))
      const all = yield* Effect.forEach(urls, (url) => replica({ url, lease: 500 }))
      yield* until("replicas of one database know of each other", () =>
        all.every(({ link }, i) => link.replicas === [2, 2, 1][i])
      )
    })
  )

  it.live("needs no more rights than docs/scale-out.md says", () =>
    Effect.gen(function* () {
      const { port } = yield* redis
      const rights =
        "on >secret resetkeys ~{headgate}:* resetchannels &{headgate}:* -@all +@connection +@scripting +@pubsub +@read +@write +time +info"
      yield* command(port, "acl", "setuser", "gateway", ...rights.split(" "))
      const one = yield* replica({ url: Redacted.make(`redis://gateway:secret@127.0.0.1:${port}`) })
      yield* isUp(true)(one)
      yield* one.pass({}, Effect.void)
      yield* Effect.exit(one.pass({}, Effect.fail({ status: 503 })))
      yield* until("heartbeats", () => one.link.view.requests > 6)

      assert.deepStrictEqual([one.link.isUp, one.link.view.failures], [true, 0])
    })
  )
})

/** A Redis with other options, until the scope closes. */
const started = (...options: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const made = new TestRedis(await freePort())
      await made.start(false, options)
      return made
    }),
    (made) => Effect.promise(() => made.remove())
  )
