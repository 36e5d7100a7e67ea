import type { Mutant } from "./Mutant.ts"

/** The breaker, retries, deadlines, timeouts, streams and what failures mean. */
export const failing: ReadonlyArray<Mutant> = [
  {
    name: "the circuit opens a failure late",
    file: "internal/Circuit.ts",
    find: "failures < this.#settings.maxFailures) this.#count",
    put: "failures <= this.#settings.maxFailures) this.#count"
  },
  {
    name: "a success does not make failures forgotten",
    file: "internal/Circuit.ts",
    find: 'else if (verdict === "success" && this.failures > 0) this.#count(0, now)',
    put: ""
  },
  {
    name: "an ignored end makes failures forgotten",
    file: "internal/Circuit.ts",
    find: 'else if (verdict === "success" && this.failures > 0) this.#count(0, now)',
    put: "else if (this.failures > 0) this.#count(0, now)"
  },
  {
    name: "the probe is not claimed",
    file: "internal/Circuit.ts",
    find: 'this.#become({ _tag: "half-open", probing: true, due: Infinity }, now)',
    put: 'this.#become({ _tag: "half-open", probing: false, due: Infinity }, now)'
  },
  {
    name: "the slot of an interrupted probe is kept",
    file: "internal/Circuit.ts",
    find: '      this.#become({ _tag: "half-open", probing: false, due: Infinity }, clock())',
    put: "      void clock"
  },
  {
    name: "late results count",
    file: "internal/Circuit.ts",
    find: "    if (generation !== this.#generation) return\n    if (verdict",
    put: "    if (verdict"
  },
  {
    name: "a call admitted before the circuit opened starts all the same",
    file: "internal/Circuit.ts",
    find: "    if (generation !== this.#generation) return false\n",
    put: "",
    tests: ["policy/Breaker", "internal/Circuit", "Headgate.policies", "Headgate.stack", "Headgate.random"]
  },
  {
    name: "a late interruption frees another's probe slot",
    file: "internal/Circuit.ts",
    find: 'if (generation === this.#generation && this.#state._tag === "half-open") {',
    put: 'if (this.#state._tag === "half-open") {'
  },
  {
    name: "a probe that hangs is waited for",
    file: "internal/Circuit.ts",
    find: "due: now + this.#settings.probeTimeout }",
    put: "due: Infinity }"
  },
  {
    name: "the open time begins when a hung probe is noticed, not when it was due",
    file: "internal/Circuit.ts",
    find: "until: this.#state.due + this.#settings.openFor }, this.#state.due)",
    put: "until: now + this.#settings.openFor }, now)"
  },
  {
    name: "the circuit stays open twice as long",
    file: "internal/Circuit.ts",
    find: "until: now + this.#settings.openFor }, now)",
    put: "until: now + 2 * this.#settings.openFor }, now)"
  },
  {
    name: "an open circuit admits",
    file: "internal/Circuit.ts",
    find: 'if (this.#state._tag !== "half-open" || this.#state.probing) return false',
    put: 'if (this.#state._tag === "half-open" && this.#state.probing) return false'
  },
  {
    name: "those beneath an opening circuit go on waiting",
    file: "policy/Breaker.ts",
    find: 'if (state === "open") for (const cut of waiting) cut.end(refuseOpen(at))',
    put: ""
  },
  {
    name: "no check of the circuit at the start",
    file: "policy/Breaker.ts",
    find: "if (!circuit.start(admitted!, at)) return refuseOpen(at)",
    put: "circuit.start(admitted!, at)"
  },
  {
    name: "a caller that leaves counts as the model's failure",
    file: "policy/Breaker.ts",
    find: 'return at >= ask.until - grain && at - startedAt >= slowAfter ? "failure" : undefined',
    put: 'return "failure"'
  },
  {
    name: "a model that hangs until the deadline never opens the circuit",
    file: "policy/Breaker.ts",
    find: 'return at >= ask.until - grain && at - startedAt >= slowAfter ? "failure" : undefined',
    put: "return undefined"
  },
  {
    name: "a refusal by the gates beneath counts as the model's success",
    file: "policy/Breaker.ts",
    find: "startedAt === undefined ? undefined : verdict(exit, ask, startedAt)",
    put: "verdict(exit, ask, startedAt ?? 0)"
  },
  {
    name: "a refusal does not say when to come back",
    file: "policy/Breaker.ts",
    find: "retryAfter: wait === undefined ? undefined : Duration.millis(wait)",
    put: "retryAfter: undefined"
  },
  {
    name: "a call that has started is cut when the circuit opens",
    file: "policy/Breaker.ts",
    find: "            waiting.delete(cut)\n            const at = clock()",
    put: "            const at = clock()"
  },
  {
    name: "calls that left while they waited beneath are kept for the next opening",
    file: "policy/Breaker.ts",
    find: "              waiting.delete(cut)\n              if (admitted",
    put: "              if (admitted",
    tests: ["Headgate.memory"]
  },
  {
    name: "429 opens the circuit",
    file: "domain/Failure.ts",
    find: 'return status === 429 ? "ignored" : "success"',
    put: 'return status === 429 ? "failure" : "success"'
  },
  {
    name: "a wrong request opens the circuit",
    file: "domain/Failure.ts",
    find: 'if (status >= 500 || status === 408) return "failure"',
    put: 'if (status >= 400 && status !== 429) return "failure"'
  },
  {
    name: "the gate's own refusals open the circuit",
    file: "domain/Failure.ts",
    find: '    return "ignored"\n  const status',
    put: '    return "failure"\n  const status'
  },
  {
    name: "an attempt that timed out is ignored",
    file: "domain/Failure.ts",
    find: 'error instanceof Rejection && !(error.reason._tag === "DeadlineExceeded" && error.reason.started)',
    put: "error instanceof Rejection"
  },
  {
    name: "a wrong request is made again",
    file: "domain/Failure.ts",
    find: "return status === undefined || status >= 500 || status === 408 || status === 429",
    put: "return status === undefined || status >= 400"
  },
  {
    name: "a refusal is made again",
    file: "domain/Failure.ts",
    find: 'if (error instanceof Rejection) return error.reason.code === "upstream_timeout"',
    put: "if (error instanceof Rejection) return true"
  },
  {
    name: "an empty account is asked again",
    file: "domain/Failure.ts",
    find: "  if (isQuotaExhausted(error)) return false\n",
    put: ""
  },
  {
    name: "retry-after is read as milliseconds",
    file: "domain/Failure.ts",
    find: "NaN : Number(header) * 1000)",
    put: "NaN : Number(header))"
  },
  {
    name: "one retry more than allowed",
    file: "policy/Retry.ts",
    find: "Schedule.upTo({ times }),",
    put: "Schedule.upTo({ times: times + 1 }),"
  },
  {
    name: "the delay has no jitter",
    file: "policy/Retry.ts",
    find: "Duration.millis(share * Math.min(cap, Duration.toMillis(duration))),",
    put: "Duration.millis(Math.min(cap, Duration.toMillis(duration)) + 0 * share),"
  },
  {
    name: "the delay has no cap",
    file: "policy/Retry.ts",
    find: "share * Math.min(cap, Duration.toMillis(duration))",
    put: "share * Duration.toMillis(duration)"
  },
  {
    name: "a retry comes before the model asked for it",
    file: "policy/Retry.ts",
    find: "retryAfter(input) ?? Duration.zero\n",
    put: "Duration.zero\n"
  },
  {
    name: "a delay is begun that the deadline cuts",
    file: "policy/Retry.ts",
    find: "at + Duration.toMillis(duration) < ask.until && ",
    put: ""
  },
  {
    name: "retries have no budget",
    file: "policy/Retry.ts",
    find: " && budget.spend(at)",
    put: ""
  },
  {
    name: "a refused retry hides the model's failure",
    file: "policy/Retry.ts",
    find: "if (started) last = error",
    put: "last = error as never"
  },
  {
    name: "a refused first attempt is made again",
    file: "policy/Retry.ts",
    find: "if (!started || progress?.begun === true) return Effect.fail(first)",
    put: "if (progress?.begun === true) return Effect.fail(first)"
  },
  {
    name: "an answer is asked for again after its first part",
    file: "policy/Retry.ts",
    find: "if (!started || progress?.begun === true) return Effect.fail(first)",
    put: "if (!started) return Effect.fail(first)"
  },
  {
    name: "a second attempt's answer is asked for again after its first part",
    file: "policy/Retry.ts",
    find: "over = !started || progress?.begun === true",
    put: "over = !started"
  },
  {
    name: "the budget of retries never runs out",
    file: "internal/RetryBudget.ts",
    find: "    this.#retries.add(now, 1)\n",
    put: ""
  },
  {
    name: "calls earn no retries",
    file: "internal/RetryBudget.ts",
    find: "this.#calls.sum(now) * this.#share + this.#least",
    put: "this.#least"
  },
  {
    name: "a caller's deadline is ignored",
    file: "policy/Deadline.ts",
    find: "at + (ask.deadline ?? deadline)",
    put: "at + deadline"
  },
  {
    name: "an inner deadline extends an outer one",
    file: "policy/Deadline.ts",
    find: "Math.min(ask.until, at + (ask.deadline ?? deadline))",
    put: "at + (ask.deadline ?? deadline)"
  },
  {
    name: "the gates beneath do not know the deadline",
    file: "policy/Deadline.ts",
    find: "inner(ask.endingBy(until), marked)",
    put: "inner(ask, marked)"
  },
  {
    name: "a started call that is cut is told that it had not started",
    file: "policy/Deadline.ts",
    find: "            started = true\n            return call",
    put: "            return call"
  },
  {
    name: "a deadline that has passed already lets the call start",
    file: "policy/Deadline.ts",
    find: "if (until <= at) return late",
    put: ""
  },
  {
    name: "a stream's deadline holds after its first part",
    file: "policy/Deadline.ts",
    find: ", fiber.getRef(Progress.current))",
    put: ")"
  },
  {
    name: "waiting counts against the timeout of an attempt",
    file: "policy/Timeout.ts",
    find: "        inner(\n          ask,\n          Effect.withFiber((fiber) => {\n            const progress = fiber.getRef(Progress.current)\n            const attempt =\n              progress === undefined ? call :",
    put: "        ((_, whole) => whole)(\n          ask,\n          Effect.withFiber((fiber) => {\n            const progress = fiber.getRef(Progress.current)\n            const attempt =\n              progress === undefined ? inner(ask, call) :"
  },
  {
    name: "an attempt's timeout is twice as long",
    file: "policy/Timeout.ts",
    find: "() => clock() + timeout",
    put: "() => clock() + 2 * timeout"
  },
  {
    name: "a stream's timeout holds after its first part",
    file: "policy/Timeout.ts",
    find: "late(timeout), progress)",
    put: "late(timeout))"
  },
  {
    name: "a silent stream is not ended",
    file: "internal/Silence.ts",
    find: "if (left <= 0) cut.end(verdict(this.#idle))",
    put: "if (left <= 0) void verdict"
  },
  {
    name: "a stream is ended although it speaks",
    file: "internal/Silence.ts",
    find: "      heardAt = this.#now()\n",
    put: "      heardAt ||= this.#now()\n"
  },
  {
    name: "silence is measured before the first part",
    file: "internal/Silence.ts",
    find: "    return cut.run(\n      () => call,\n      () => {},",
    put: "    return cut.run(\n      () => call,\n      () => {\n        if (this.#idle < Infinity) entry ??= this.#alarm.in(this.#idle, look)\n      },"
  },
  {
    name: "a stream's listener stays when the stream has ended",
    file: "internal/Silence.ts",
    find: "        stop()\n",
    put: ""
  },
  {
    name: "a part makes no progress",
    file: "Progress.ts",
    find: "    this.#begun = true\n",
    put: ""
  },
  {
    name: "nobody is told of a part",
    file: "Progress.ts",
    find: "    for (const listener of this.#listeners) listener()\n",
    put: ""
  },
  {
    name: "a stream without backpressure",
    file: "Gate.ts",
    find: "{ bufferSize: 1 }",
    put: "{}"
  },
  {
    name: "a stream's parts are not told to the policies",
    file: "Gate.ts",
    find: "            progress.part()\n",
    put: ""
  },
  {
    name: "a stream never ends",
    file: "Gate.ts",
    find: "            Effect.andThen(Queue.end(queue))\n",
    put: ""
  },
  {
    name: "a place admitted to is given back at once",
    file: "Gate.ts",
    find: "Effect.andThen(Deferred.succeed(started, undefined), Deferred.await(ended))",
    put: "Effect.asVoid(Deferred.succeed(started, undefined))"
  },
  {
    name: "the place of an interrupted admit is kept until its scope closes",
    file: "Gate.ts",
    find: "yield* Effect.onInterrupt(restore(Deferred.await(started)), () => Fiber.interrupt(held))",
    put: "yield* restore(Deferred.await(started))"
  }
]
