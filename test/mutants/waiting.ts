import type { Mutant } from "./Mutant.ts"

/** The turnstile: turns, predictions and interruptions. */
export const waiting: ReadonlyArray<Mutant> = [
  {
    name: "a visitor that is interrupted does not leave",
    file: "internal/Turnstile.ts",
    find: "          this.#counted(at, this.room.giveUp(visitor, at))\n",
    put: ""
  },
  {
    name: "the next is not let in when one leaves",
    file: "internal/Turnstile.ts",
    find: "if (enter !== undefined) later(() => enter(Effect.void))",
    put: "void enter"
  },
  {
    name: "a wake that comes before the sleep is lost",
    file: "internal/Turnstile.ts",
    find: "      if (this.room.head === visitor) resume(Effect.void)\n      else visitor.enter = resume",
    put: "      visitor.enter = resume"
  },
  {
    name: "a claim is made out of its finalizer's reach",
    file: "internal/Turnstile.ts",
    find: "      let visitor: Visitor | undefined\n      return Effect.onExitPrimitive(\n        Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {\n          const at = this.#now()\n          const refusal = this.#refusal(ask, at)\n          if (refusal !== undefined) return refusal\n          visitor = this.room.arrive(ask, at)\n          this.#counted(at)",
    put: "      let visitor: Visitor | undefined\n      const at = this.#now()\n      const refusal = this.#refusal(ask, at)\n      if (refusal !== undefined) return refusal\n      visitor = this.room.arrive(ask, at)\n      this.#counted(at)\n      return Effect.onExitPrimitive(\n        Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {"
  },
  {
    name: "the door is held until the call ends",
    file: "internal/Turnstile.ts",
    find: "        this.#counted(at, this.room.start(visitor, at))\n",
    put: ""
  },
  {
    name: "the next fiber is resumed inline",
    file: "internal/Later.ts",
    find: "  if (fiber === undefined) run()\n  else fiber.currentDispatcher.scheduleTask(run, 0)",
    put: "  void fiber\n  run()",
    tests: ["policy/WaitingRoom", "policy/Concurrency", "Headgate.policies"]
  },
  {
    name: "a call that cannot meet its deadline waits for it",
    file: "internal/Turnstile.ts",
    find: "    if (late <= 0) return undefined\n",
    put: "    if (late <= Infinity) return undefined\n"
  },
  {
    name: "an estimate refuses a call that finds the room empty",
    file: "internal/Turnstile.ts",
    find: "if (head === undefined || ask.until === Infinity) return undefined",
    put: "if (ask.until === Infinity) return undefined\n    if (head === undefined) return this.#tooLate(ask, 0, 0, at)"
  },
  {
    name: "no second look at the deadline at the door",
    file: "internal/Turnstile.ts",
    find: "() => this.#tooLate(ask, 0, this.room.pace.mean, this.#now()) ?? beneath(",
    put: "() => beneath("
  },
  {
    name: "the prediction takes the mean for certain",
    file: "internal/Estimate.ts",
    find: "return samples * this.#mean + 2 * Math.sqrt(samples) * this.#deviation",
    put: "return samples * this.#mean"
  },
  {
    name: "the estimate forgets what it learned",
    file: "internal/Estimate.ts",
    find: "const weight = Math.max(gain, 1 / ++this.#samples)",
    put: "const weight = Math.max(1, 1 / ++this.#samples)"
  },
  {
    name: "an empty room forgets a pause",
    file: "internal/Turnstile.ts",
    find: "if (head === undefined) return this.pausedFor",
    put: "if (head === undefined) return 0"
  },
  {
    name: "the prediction forgets a pause",
    file: "internal/Turnstile.ts",
    find: "standstill - begun, this.pausedFor)",
    put: "standstill - begun)"
  },
  {
    name: "a pause is learned as pace",
    file: "internal/Turnstile.ts",
    find: "        this.#spare(visitor, at)\n        this.#counted(at, this.room.start",
    put: "        this.#counted(at, this.room.start"
  },
  {
    name: "a policy between hides a pause",
    file: "Gate.ts",
    find: "{ ...beneath, pass: made }",
    put: "{ pass: made }",
    tests: ["policy/WaitingRoom.pause"]
  },
  {
    name: "the prediction forgets those ahead",
    file: "internal/Turnstile.ts",
    find: "at + first + pace.likely(ahead + 1) - pace.mean",
    put: "at + first + pace.likely(1) - pace.mean"
  },
  {
    name: "calls that are cut short teach nothing",
    file: "internal/Room.ts",
    find: "if (whole || took > this.service.mean) this.service.add(took)",
    put: "if (whole) this.service.add(took)"
  },
  {
    name: "a head that stands still teaches nothing",
    file: "internal/Room.ts",
    find: "if (this.head === visitor) this.standstill = Math.max(this.standstill, now - visitor.doorAt)",
    put: ""
  },
  {
    name: "a standstill is never over",
    file: "internal/Room.ts",
    find: "    this.standstill = 0\n",
    put: ""
  },
  {
    name: "a turn that goes on is begun anew",
    file: "internal/Room.ts",
    find: "return this.#leave(visitor, now, visitor.doorAt)",
    put: "return this.#leave(visitor, now, now)"
  },
  {
    name: "an estimate that is too high never recovers",
    file: "internal/Room.ts",
    find: "else if (turn < this.pace.mean && 2 * dwell > turn) this.pace.add(turn)",
    put: "else void turn"
  },
  {
    name: "draining lets new calls in",
    file: "policy/WaitingRoom.ts",
    find: "(draining.begun() ? shuttingDown : new Guest(inside).run(pass(ask, call)))",
    put: "new Guest(inside).run(pass(ask, call))"
  },
  {
    name: "the end of draining leaves those inside waiting",
    file: "policy/WaitingRoom.ts",
    find: "for (const guest of inside) guest.end(shuttingDown)",
    put: "void inside"
  },
  {
    name: "calls that have ended are kept until the gate closes",
    file: "policy/WaitingRoom.ts",
    find: "    this.#inside.delete(this)",
    put: "",
    tests: ["Headgate.memory"]
  },
  {
    name: "the end of draining comes before its beginning",
    file: "Drain.ts",
    find: "  readonly end: Effect.Effect<void> = Effect.sync(() => {\n    this.#begun = true",
    put: "  readonly end: Effect.Effect<void> = Effect.sync(() => {"
  },
  {
    name: "an ended effect is ended again by a later verdict",
    file: "internal/Cut.ts",
    find: "if (this.#verdict !== undefined) return\n",
    put: ""
  },
  {
    name: "a cut from within is lost",
    file: "internal/Cut.ts",
    find: "      else fiber.interruptUnsafe()",
    put: ""
  },
  {
    name: "an interrupted caller leaves the cut effect behind",
    file: "internal/Cut.ts",
    find: "      return Fiber.interrupt(fiber)",
    put: "      return Effect.void"
  },
  {
    name: "the caller is told of its interruption before the work has stopped",
    file: "internal/Cut.ts",
    find: "      return Fiber.interrupt(fiber)",
    put: "      return Effect.sync(() => fiber.interruptUnsafe())"
  },
  {
    name: "a cut hides a defect of its finalizer",
    file: "internal/Cut.ts",
    find: "this.#verdict !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)",
    put: "this.#verdict !== undefined && Exit.isFailure(exit)"
  },
  {
    name: "an alarm sleeps until the last moment set",
    file: "internal/Alarm.ts",
    find: "if (entry.at < this.#wakesAt) this.#sleepUntil(entry.at)",
    put: "if (this.#wakesAt === Infinity) this.#sleepUntil(entry.at)"
  },
  {
    name: "an alarm rings once and falls silent",
    file: "internal/Alarm.ts",
    find: "    if (entry !== undefined) this.#sleepUntil(entry.at)",
    put: ""
  },
  {
    name: "a cancelled entry rings",
    file: "internal/Alarm.ts",
    find: "    this.#entries.remove(entry)\n    // The sleeper",
    put: "    // The sleeper"
  },
  {
    name: "the one who leaves the middle of a line takes the others along",
    file: "internal/Fifo.ts",
    find: "    else before.after = after\n",
    put: ""
  }
]
