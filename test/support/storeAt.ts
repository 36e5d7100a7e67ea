import { Layer, Redacted } from "effect"
import { JobStore } from "../../src/agents/JobStore.ts"
import * as Database from "../../src/sql/Database.ts"

/** Where a store is; queues of Redis are apart by their prefix. */
export interface Place {
  readonly url: Redacted.Redacted
  readonly prefix: string
}

/** The store at a place, as a process of its own would open it. */
export const storeAt = ({ prefix, url }: Place, lease = 2000): Layer.Layer<JobStore> => {
  const options = { lease, pollInterval: 20 }
  return Layer.fresh(
    Layer.orDie(
      Redacted.value(url).startsWith("redis:")
        ? JobStore.layerRedis({ ...options, url, prefix })
        : JobStore.layerSql(options).pipe(Layer.provide(Database.layer(url)))
    )
  )
}
