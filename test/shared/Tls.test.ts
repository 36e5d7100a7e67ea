import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { connect } from "../../src/shared/RedisStore.ts"
import { freePort, hasRedis, TestRedis } from "../support/redis.ts"
import { isUp, replica } from "../support/replicas.ts"

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

/** A Redis over TLS with a certificate of its own. */
const secured = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "headgate-tls-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
  spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject])
  const tlsPort = yield* Effect.promise(() => freePort())
  const tls = [
    "--tls-port",
    String(tlsPort),
    "--tls-cert-file",
    cert,
    "--tls-key-file",
    key,
    "--tls-auth-clients",
    "no"
  ]
  yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const made = new TestRedis(await freePort())
      await made.start(false, tls)
      return made
    }),
    (made) => Effect.promise(() => made.remove())
  )
  return { url: Redacted.make(`rediss://127.0.0.1:${tlsPort}`), certificate: readFileSync(cert, "utf8") }
})

describe.runIf(hasRedis && hasOpenssl)("A Redis over TLS", () => {
  it.live("is refused if nobody vouches for its certificate, which is told as the reason", () =>
    Effect.gen(function* () {
      const { url } = yield* secured
      const store = yield* connect({ url, prefix: "test", replica: "one" }, () => {})
      const { cause } = yield* Effect.flip(store.port.coolDown("default", 1000))

      assert.match(String(cause), /self-signed certificate/)
    })
  )

  it.live("decides, if its certificate is among those of Node", () =>
    Effect.gen(function* () {
      const { certificate, url } = yield* secured
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = getCACertificates("default")
          setDefaultCACertificates([...before, certificate])
          return before
        }),
        (before) => Effect.sync(() => setDefaultCACertificates(before))
      )
      const one = yield* replica({ url })
      yield* isUp(true)(one)

      assert.strictEqual(yield* one.pass({}, Effect.succeed("an answer")), "an answer")
      assert.strictEqual(one.link.view.failures, 0)
    })
  )
})
