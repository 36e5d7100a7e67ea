import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Yaml from "effect/encoding/Yaml"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { methodsOf } from "../../src/server/Routes.ts"

const read = (name: string) => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8")

/** The YAML documents of the page that begin with a comment, without it. */
const documents = (title: string): ReadonlyArray<unknown> => {
  const blocks = [...read("scale-out.md").matchAll(/^```yaml\n# (.*)\n([\s\S]*?)^```$/gm)]
  const [, , text] = blocks.find(([, name]) => name === title)!
  return text!.split(/^---$/m).map(Yaml.parse)
}

const variables = new Set([...read("settings.md").matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!))

/** The seconds in which calls may end when a gateway is stopped. */
const drain = Number(/patience = "(\d+) seconds"/.exec(readFileSync("src/cli/Serve.ts", "utf8"))![1])

const Text = Schema.NonEmptyString
const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))
const Count = Schema.Int.check(Schema.isGreaterThan(0))
const Labels = Schema.Record(Text, Text)
const strict = { onExcessProperty: "error" } as const

const Healthcheck = Schema.Struct({ test: Schema.Array(Text), interval: Text })
const Compose = Schema.Struct({
  services: Schema.Record(
    Text,
    Schema.Struct({
      image: Text,
      working_dir: Schema.optionalKey(Text),
      volumes: Schema.optionalKey(Schema.Array(Text)),
      command: Schema.Array(Schema.String),
      healthcheck: Healthcheck,
      deploy: Schema.optionalKey(Schema.Struct({ replicas: Count })),
      environment: Schema.optionalKey(Labels),
      stop_grace_period: Schema.optionalKey(Text),
      depends_on: Schema.optionalKey(Schema.Array(Text))
    })
  )
})

const Metadata = Schema.Struct({ name: Text })
const Probe = Schema.Struct({ httpGet: Schema.Struct({ path: Text, port: Port }), periodSeconds: Count })
const Secret = Schema.Struct({ secretKeyRef: Schema.Struct({ name: Text, key: Text }) })
const Deployment = Schema.Struct({
  apiVersion: Schema.Literal("apps/v1"),
  kind: Schema.Literal("Deployment"),
  metadata: Metadata,
  spec: Schema.Struct({
    replicas: Count,
    selector: Schema.Struct({ matchLabels: Labels }),
    template: Schema.Struct({
      metadata: Schema.Struct({ labels: Labels }),
      spec: Schema.Struct({
        terminationGracePeriodSeconds: Count,
        containers: Schema.Array(
          Schema.Struct({
            name: Text,
            image: Text,
            ports: Schema.Array(Schema.Struct({ containerPort: Port })),
            env: Schema.Array(
              Schema.Union([
                Schema.Struct({ name: Text, value: Text }),
                Schema.Struct({ name: Text, valueFrom: Secret })
              ])
            ),
            readinessProbe: Probe,
            livenessProbe: Probe
          })
        )
      })
    })
  })
})
const Service = Schema.Struct({
  apiVersion: Schema.Literal("v1"),
  kind: Schema.Literal("Service"),
  metadata: Metadata,
  spec: Schema.Struct({ selector: Labels, ports: Schema.Array(Schema.Struct({ port: Port, targetPort: Port })) })
})

const decode = <A, I>(schema: Schema.Codec<A, I>, document: unknown) =>
  Schema.decodeUnknownEffect(schema, strict)(document)

/** A gateway that others can reach needs keys. */
const isReachable = (names: ReadonlyArray<string>) => {
  for (const name of names) assert.isTrue(variables.has(name), name)
  assert.includeMembers([...names], ["HOST", "REDIS_URL", "HEADGATE_API_KEYS"])
}

describe("The manifests of docs/scale-out.md", () => {
  it.effect("the compose file names services and variables that exist, and lets calls end", () =>
    Effect.gen(function* () {
      const [document] = documents("compose.yaml")
      const { services } = yield* decode(Compose, document)
      const { deploy, environment = {}, stop_grace_period, ...gateway } = services["gateway"]!

      isReachable(Object.keys(environment))
      assert.isAbove(deploy!.replicas, 1)
      assert.isAbove(Number.parseInt(stop_grace_period!), drain)
      assert.containsAllKeys(services, [...gateway.depends_on!, new URL(environment["REDIS_URL"]!).hostname])
      const [path] = /\/health\/\w+/.exec(gateway.healthcheck.test.join(" "))!
      assert.isDefined(methodsOf(path))
    })
  )

  it.effect("the Deployment finds its pods, probes paths that exist on its port, and lets calls end", () =>
    Effect.gen(function* () {
      const [first, second] = documents("Kubernetes")
      const { spec } = yield* decode(Deployment, first)
      const { spec: service } = yield* decode(Service, second)
      const { metadata, spec: pod } = spec.template
      const [container] = pod.containers
      const [{ containerPort }] = container!.ports as readonly [{ readonly containerPort: number }]

      isReachable(container!.env.map(({ name }) => name))
      assert.deepStrictEqual([spec.selector.matchLabels, service.selector], [metadata.labels, metadata.labels])
      assert.isAbove(pod.terminationGracePeriodSeconds, drain)
      for (const { httpGet } of [container!.readinessProbe, container!.livenessProbe]) {
        assert.strictEqual(httpGet.port, containerPort)
        assert.isDefined(methodsOf(httpGet.path))
      }
      assert.notStrictEqual(container!.readinessProbe.httpGet.path, container!.livenessProbe.httpGet.path)
      assert.deepStrictEqual(
        service.ports.map(({ targetPort }) => targetPort),
        [containerPort]
      )
    })
  )
})
