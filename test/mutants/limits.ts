import type { Mutant } from "./Mutant.ts"

/** Permits, places and tokens: how many there are, and in which order they are given. */
export const limits: ReadonlyArray<Mutant> = [
  {
    name: "one permit more than there are",
    file: "internal/Permits.ts",
    find: "if (this.#line.size > 0 || this.#taken + claim.permits > this.#total) return false",
    put: "if (this.#line.size > 0 || this.#taken + claim.permits > this.#total + 1) return false"
  },
  {
    name: "one permit more than there are, for those in line",
    file: "internal/Permits.ts",
    find: "if (this.#taken + claim.permits > this.#total) return",
    put: "if (this.#taken + claim.permits > this.#total + 1) return"
  },
  {
    name: "a wide call takes one permit",
    file: "internal/Permits.ts",
    find: "this.#taken += claim.permits",
    put: "this.#taken += 1"
  },
  {
    name: "a narrow call overtakes a wide one in line",
    file: "internal/Permits.ts",
    find: "if (this.#line.size > 0 || this.#taken",
    put: "if (this.#taken"
  },
  {
    name: "a permit that is given back wakes nobody",
    file: "internal/Permits.ts",
    find: "      this.#line.delete(claim)\n    }\n    this.#hand()",
    put: "      this.#line.delete(claim)\n    }"
  },
  {
    name: "only the first in line is handed its permits",
    file: "internal/Permits.ts",
    find: "      claim.answer(Effect.void)\n    }\n  }\n}",
    put: "      claim.answer(Effect.void)\n      return\n    }\n  }\n}"
  },
  {
    name: "a resize leaves a claim waiting that can never be met",
    file: "internal/Permits.ts",
    find: "if (claim.permits <= total) continue",
    put: "continue"
  },
  {
    name: "a resize upward hands nothing out",
    file: "internal/Permits.ts",
    find: "      claim.answer(refusal(claim))\n    }\n    this.#hand()",
    put: "      claim.answer(refusal(claim))\n    }"
  },
  {
    name: "a call that is interrupted in line stays there",
    file: "internal/Permits.ts",
    find: "    } else {\n      this.#line.delete(claim)\n    }",
    put: "    }"
  },
  {
    name: "a permit is kept when its call is interrupted",
    file: "policy/Concurrency.ts",
    find: "            () => {\n              work.afterAttempt(",
    put: '            (exit) => {\n              if (exit._tag === "Failure" && exit.cause.reasons.some(({ _tag }) => _tag === "Interrupt")) return undefined\n              work.afterAttempt('
  },
  {
    name: "a call wider than all permits waits for ever",
    file: "policy/Concurrency.ts",
    find: "if (ask.permits > permits.total) return tooWide(ask.permits)",
    put: ""
  },
  {
    name: "the permit is given back before the work has ended",
    file: "policy/Concurrency.ts",
    find: "Effect.andThen(permits.take(claim), inner(ask, call))",
    put: "Effect.andThen(permits.take(claim), inner(ask, Effect.andThen(Effect.sync(() => permits.release(claim)), call)))"
  },
  {
    name: "one more may wait than there are places",
    file: "internal/Turnstile.ts",
    find: "if (this.room.waiting >= Math.max(1, this.#capacity)) return this.full(at)",
    put: "if (this.room.waiting > Math.max(1, this.#capacity)) return this.full(at)"
  },
  {
    name: "one fewer may wait than there are places",
    file: "internal/Turnstile.ts",
    find: "if (this.room.waiting >= Math.max(1, this.#capacity)) return this.full(at)",
    put: "if (this.room.waiting + 1 >= Math.max(1, this.#capacity)) return this.full(at)"
  },
  {
    name: "a room without places lets one wait",
    file: "policy/WaitingRoom.ts",
    find: "if (capacity === 0) pass = nowOrNever(pass, () => turnstile.full(clock()))",
    put: ""
  },
  {
    name: "a call that has started is refused by a room without places",
    file: "policy/WaitingRoom.ts",
    find: "    if (!this.started) this.end(this.#full())",
    put: "    this.end(this.#full())"
  },
  {
    name: "a waiter may stay longer than the longest wait",
    file: "policy/WaitingRoom.ts",
    find: "this.#entry = this.#alarm.in(this.#maxWait, ",
    put: "this.#entry = this.#alarm.in(this.#maxWait + 1, "
  },
  {
    name: "the longest wait goes on after the start",
    file: "policy/WaitingRoom.ts",
    find: "      this.started = true\n      this.onStart()",
    put: "      this.started = true"
  },
  {
    name: "equal callers take turns from the last to the first",
    file: "internal/Levels.ts",
    find: "a.tag === b.tag ? a.order < b.order",
    put: "a.tag === b.tag ? a.order > b.order"
  },
  {
    name: "priority is ignored",
    file: "internal/Room.ts",
    find: "this.#levels.add(visitor, ask.priority, now)",
    put: "this.#levels.add(visitor, 1, now)"
  },
  {
    name: "weights are ignored",
    file: "internal/Room.ts",
    find: "    this.#weight += ask.weight\n    const finish = tag + 1 / ask.weight",
    put: "    this.#weight += ask.weight\n    const finish = tag + 1"
  },
  {
    name: "a caller's calls all have the same tag",
    file: "internal/Room.ts",
    find: "tag: Math.max(this.#virtual, this.#shares.get(ask.caller)?.finish ?? 0),",
    put: "tag: this.#virtual,"
  },
  {
    name: "virtual time stands still",
    file: "internal/Room.ts",
    find: "      this.#virtual += 1 / Math.max(this.#weight, ask.weight)",
    put: ""
  },
  {
    name: "a call that leaves unserved has used up its share",
    file: "internal/Room.ts",
    find: "    } else if (share.finish === finish) {\n      share.finish = tag\n    }",
    put: "    }"
  },
  {
    name: "callers are remembered for ever",
    file: "internal/Room.ts",
    find: "if (waiting === 0 && finish <= this.#virtual) this.#shares.delete(caller)",
    put: "if (waiting < 0 && finish <= this.#virtual) this.#shares.delete(caller)",
    tests: ["Headgate.memory"]
  },
  {
    name: "nobody ages",
    file: "internal/Levels.ts",
    find: "    if (this.#step === Infinity) return\n",
    put: "    return\n"
  },
  {
    name: "ageing takes twice as long",
    file: "internal/Levels.ts",
    find: "first.since + this.#step <= now",
    put: "first.since + 2 * this.#step <= now"
  },
  {
    name: "who ages begins its step anew",
    file: "internal/Levels.ts",
    find: "this.add(first as A, index - 1, since + this.#step)",
    put: "this.add(first as A, index - 1, now)"
  },
  {
    name: "those of a more urgent level do not count as ahead",
    file: "internal/Levels.ts",
    find: "      if (index < newcomer.level) ahead += byTag.size\n      else if",
    put: "      if"
  },
  {
    name: "the rank of one who comes next counts those behind",
    file: "internal/RankTree.ts",
    find: "rank += 1 + sizeOf(node.left)",
    put: "rank += 1 + sizeOf(node.right)"
  },
  {
    name: "a start more than the burst",
    file: "internal/Bucket.ts",
    find: "return Math.max(this.#full, now) + (units - this.burst) * this.#unit",
    put: "return Math.max(this.#full, now) + (units - this.burst - 1) * this.#unit"
  },
  {
    name: "a quiet time saves up more than the burst",
    file: "internal/Bucket.ts",
    find: "    this.#full = Math.max(this.#full, now) + units * this.#unit\n    return this.#full",
    put: "    this.#full = Math.max(this.#full, now - 1000) + units * this.#unit\n    return this.#full"
  },
  {
    name: "a start costs nothing",
    file: "internal/Bucket.ts",
    find: "    this.#full = Math.max(this.#full, now) + units * this.#unit\n    return this.#full",
    put: "    this.#full = Math.max(this.#full, now)\n    return this.#full"
  },
  {
    name: "units are put back under later takers",
    file: "internal/Bucket.ts",
    find: "if (this.#full === taken) this.#full",
    put: "this.#full"
  },
  {
    name: "a change of rate forgets what is owed",
    file: "internal/Bucket.ts",
    find: "this.#full = now + owed * this.#unit",
    put: "this.#full = now"
  },
  {
    name: "a change of rate leaves the sleeper asleep",
    file: "internal/Pacer.ts",
    find: "    this.#buckets[bucket]!.retime(perSecond, this.#now())\n    this.#wake?.()",
    put: "    this.#buckets[bucket]!.retime(perSecond, this.#now())"
  },
  {
    name: "a newcomer takes the token of one in line",
    file: "internal/Pacer.ts",
    find: "return this.#inLine === 0 && this.#due(cost, now) <= now + clockResolution",
    put: "return this.#due(cost, now) <= now + clockResolution"
  },
  {
    name: "all in line look at the buckets at once",
    file: "internal/Pacer.ts",
    find: "return this.#line.withPermit(attempt)",
    put: "return attempt"
  },
  {
    name: "who leaves the line is still counted in it",
    file: "internal/Pacer.ts",
    find: "if (inLine) this.#queue(cost, -1)",
    put: "if (inLine) this.#queue(cost, 0 as never)"
  },
  {
    name: "a pause of the model is not heeded",
    file: "internal/Pacer.ts",
    find: "let due = this.#cooldownUntil",
    put: "let due = -Infinity"
  },
  {
    name: "a shorter pause ends a longer one",
    file: "internal/Pacer.ts",
    find: "this.#cooldownUntil = Math.max(this.#cooldownUntil, this.#now() + millis)",
    put: "this.#cooldownUntil = this.#now() + millis"
  },
  {
    name: "a predicted wait forgets those in line",
    file: "internal/Pacer.ts",
    find: "cost.map((units, i) => units + this.#waiting[i]!)",
    put: "cost.map((units) => units)"
  },
  {
    name: "what could not start in time waits for its units all the same",
    file: "policy/RateLimit.ts",
    find: "        if (late < clockResolution) return undefined\n",
    put: "        if (late < Infinity) return undefined\n"
  },
  {
    name: "a token is kept by a call that never starts",
    file: "policy/RateLimit.ts",
    find: "else if (taken !== undefined) pacer.putBack(units, taken)",
    put: ""
  },
  {
    name: "a token is put back by a call that started",
    file: "policy/RateLimit.ts",
    find: "              if (started) heed(exit)\n              else if (taken",
    put: "              if (started) heed(exit)\n              if (taken"
  },
  {
    name: "a cost above the burst waits for ever",
    file: "policy/RateLimit.ts",
    find: "if (limit !== undefined) {",
    put: "if (limit === -1) {"
  },
  {
    name: "tokens are not reserved",
    file: "policy/RateLimit.ts",
    find: "[cost(ask), ask.tokens])",
    put: "[cost(ask), 0])"
  },
  {
    name: "a refusal tells to come back too early",
    file: "policy/RateLimit.ts",
    find: "Duration.millis(wait - maxWait)",
    put: "Duration.millis((wait - maxWait) / 2)"
  }
]
