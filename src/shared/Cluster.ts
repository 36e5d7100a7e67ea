import { Clock, DateTime, Effect, Option, Schema } from "effect"
import * as ClusterSnapshot from "../stats/ClusterSnapshot.ts"
import { Snapshot } from "../stats/Snapshot.ts"
import { Stats } from "../Stats.ts"
import { SharedStore } from "./SharedStore.ts"

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

// Another version may tell other figures: what is not understood is left out.
const read = (figures: string) => Option.filter(parse(figures), Schema.is(Snapshot))

const momentOf = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/**
 * The stats of all replicas that share a store, this one first; those of this one alone without a store.
 *
 * The others' are as old as their last heartbeat, a second at most.
 */
export const snapshot: Effect.Effect<ClusterSnapshot.ClusterSnapshot, never, Stats> = Effect.gen(function* () {
  const figures = yield* (yield* Stats).snapshot
  const store = Option.getOrUndefined(yield* Effect.serviceOption(SharedStore))
  const others = store === undefined ? [] : yield* store.others
  const at = yield* Clock.currentTimeMillis
  const replicas = others.flatMap(({ age, figures, replica }) =>
    Option.toArray(read(figures)).map((figures) => ({ id: replica, seen: momentOf(at - age), figures }))
  )
  return ClusterSnapshot.of([
    { id: store?.replica ?? "local", seen: momentOf(at), figures },
    ...replicas.toSorted((a, b) => a.id.localeCompare(b.id))
  ])
})
