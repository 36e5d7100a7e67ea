import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { connect } from "../../src/shared/RedisStore.ts"
import { hasRedis, redis } from "../support/redis.ts"

describe.runIf(hasRedis)("A Redis that asks for a password", () => {
  it.live.each([
    ["without one", "", /NOAUTH/],
    ["with a wrong one", ":wrong-secret@", /WRONGPASS/]
  ] as const)("is told as the reason to a replica %s, without the password", ([, login, reason]) =>
    Effect.gen(function* () {
      const { port } = yield* redis
      spawnSync("redis-cli", ["-p", String(port), "config", "set", "requirepass", "secret"])
      const url = Redacted.make(`redis://${login}127.0.0.1:${port}`)

      const store = yield* connect({ url, prefix: "test", replica: "one" }, () => {})
      const { cause } = yield* Effect.flip(store.port.coolDown("default", 1000))

      assert.match(String(cause), reason)
      assert.notInclude(String(cause), "wrong-secret")
    }).pipe(Effect.scoped)
  )
})
