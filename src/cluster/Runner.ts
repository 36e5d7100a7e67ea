import { networkInterfaces } from "node:os"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Duration, Effect, Layer, Option } from "effect"
import { MessageStorage } from "effect/cluster/MessageStorage"
import { RunnerAddress } from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerServer from "effect/cluster/RunnerServer"
import * as ShardId from "effect/cluster/ShardId"
import { Sharding } from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import { SocketServer, type SocketServerError } from "effect/socket/SocketServer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

export interface Options {
  /** Where the runner listens, and other runners reach it. */
  readonly host: string
  /** Time after which the agents of a dead runner go on elsewhere. From 1 s; rounded up to whole seconds. */
  readonly lease: Duration.Input
  /** How long jobs in hand may go on when the runner is stopped. Default: 20 s. */
  readonly grace?: Duration.Input | undefined
}

/** The tables are `headgate_messages` and so on, beside those that a program may have of its own. */
const tables = { prefix: "headgate" }

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::"

/** The address under which other machines reach one that listens on all of its addresses. */
const outward = (host: string): string =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => !internal && (host === "::" || family === "IPv4"))?.address ?? "127.0.0.1"

const config = ({ grace = "20 seconds", host, lease }: Options) =>
  Layer.effect(
    ShardingConfig.ShardingConfig,
    Effect.map(SocketServer, ({ address }) => ({
      ...ShardingConfig.defaults,
      runnerAddress: Option.some(
        RunnerAddress.make({
          host: isWildcard(host) ? outward(host) : host,
          port: address._tag === "UnixPathAddress" ? 0 : address.port
        })
      ),
      // Each shard is a lock, which a runner takes and gives back by itself: enough for some thirty runners, and few to move.
      shardsPerGroup: 64,
      shardLockExpiration: lease,
      // Runners that live are seen by their heartbeats; this finds those that are cut off from the others.
      runnerHealthCheckInterval: lease,
      refreshAssignmentsInterval: "1 second",
      entityMessagePollInterval: "2 seconds",
      entityTerminationTimeout: grace,
      maxResidentEntities: "unbounded",
      simulateRemoteSerialization: false
    }))
  )

// A runner that loses a shard just while it reads messages leaves them marked as read, and Effect would read them again only
// after ten minutes. The marks are taken away from time to time; what an agent has in hand is not handed to it again.
const redelivery = ({ lease }: Options) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding
      const { resetShards } = yield* MessageStorage
      const { availableShardGroups, shardsPerGroup } = yield* ShardingConfig.ShardingConfig
      const shards = availableShardGroups.flatMap((group) =>
        Array.from({ length: shardsPerGroup }, (_, index) => ShardId.make(group, index + 1))
      )
      const own = Effect.sync(() => shards.filter((shard) => sharding.hasShardId(shard)))
      const reset = Effect.andThen(Effect.sleep(lease), Effect.ignore(Effect.flatMap(own, resetShards)))
      yield* Effect.forkScoped(Effect.forever(reset))
    })
  )

/** Joins the cluster of all runners with the same database, under a free port of the host. */
export const layer = (
  options: Options
): Layer.Layer<Sharding | MessageStorage | ShardingConfig.ShardingConfig, SocketServerError | SqlError, SqlClient> => {
  const health = RunnerHealth.layerPing.pipe(
    Layer.provide(Runners.layerRpc),
    Layer.provide(NodeClusterSocket.layerClientProtocol)
  )
  return redelivery(options).pipe(
    Layer.provideMerge(RunnerServer.layerWithClients),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provide([NodeClusterSocket.layerClientProtocol, health]),
    Layer.provideMerge(SqlMessageStorage.layerWith(tables).pipe(Layer.provide(NodeCrypto.layerDigest))),
    Layer.provide(SqlRunnerStorage.layerWith(tables)),
    Layer.provideMerge(config(options)),
    Layer.provide(NodeSocketServer.layer({ host: options.host, port: 0 })),
    Layer.provide(RpcSerialization.layerSchemaBinary())
  )
}
