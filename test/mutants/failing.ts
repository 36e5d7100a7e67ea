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
    find: '    if (this.#state._tag !== "half-open") return\n    const now = clock()',
    put: "    return\n    const now = clock()"
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
    find: '    if (generation !== this.#generation) return\n    this.#become({ _tag: "half-open"',
    put: '    this.#become({ _tag: "half-open"'
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
    find: 'if (state === "open") for (const attempt of waiting) attempt.end(refuseOpen(at))',
    put: ""
  },
  {
    name: "no check of the circuit at the start",
    file: "policy/Breaker.ts",
    find: "return (this.#started = this.#circuit.start(this.#generation!, this.#clock))",
    put: "return (this.#started = true)"
  },
  {
    name: "a caller that leaves counts as the model's failure",
    file: "policy/Breaker.ts",
    find: 'return at >= until - clockResolution && at - (startedAt ?? at) >= slowCallDuration ? "failure" : undefined',
    put: 'return "failure"'
  },
  {
    name: "a model that hangs until the deadline never opens the circuit",
    file: "policy/Breaker.ts",
    find: 'return at >= until - clockResolution && at - (startedAt ?? at) >= slowCallDuration ? "failure" : undefined',
    put: "return undefined"
  },
  {
    name: "a refusal by the gates beneath counts as the model's success",
    file: "policy/Breaker.ts",
    find: "this.#started ? this.#judge(exit, this.#until, this.#startedAt) : undefined",
    put: "this.#judge(exit, this.#until, this.#startedAt)"
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
    find: "      this.#waiting.delete(this)\n      this.#startedAt",
    put: "      this.#startedAt"
  },
  {
    name: "calls that left while they waited beneath are kept for the next opening",
    file: "policy/Breaker.ts",
    find: "    if (this.#paused) this.#waiting.delete(this)\n",
    put: "",
    tests: ["Headgate.memory"]
  },
  {
    name: "an attempt that fails is told by nobody",
    file: "policy/Breaker.ts",
    find: 'if (verdict === "failure" || verdict === "ignored") tell(exit)',
    put: "",
    tests: ["policy/Breaker.events"]
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
    find: 'reason.limit !== "reader" ? "failure" : "ignored"',
    put: 'reason.started ? "failure" : "failure"'
  },
  {
    name: "a refusal of another gate, told over HTTP, opens the circuit",
    file: "domain/Failure.ts",
    find: 'return code === "circuit_open" || code === "shutting_down"',
    put: "return false"
  },
  {
    name: "a refusal that a promise rejected with opens the circuit",
    file: "domain/Failure.ts",
    find: "if (error instanceof RejectionError) return new Rejection({ reason: error.reason })",
    put: "if (error instanceof RejectionError) return undefined"
  },
  {
    name: "a mistake of the program opens the circuit",
    file: "domain/Failure.ts",
    find: '  if (told === undefined && isProgrammingError(error)) return "ignored"\n',
    put: ""
  },
  {
    name: "a defect of the program opens the circuit",
    file: "domain/Failure.ts",
    find: '  if (Option.isNone(failed) && !isOfModel(error)) return "ignored"\n',
    put: ""
  },
  {
    name: "an attempt that timed out is ignored",
    file: "domain/Failure.ts",
    find: 'return reason._tag === "DeadlineExceeded" && reason.started && reason.limit !== "reader" ? "failure" : "ignored"',
    put: 'return "ignored"'
  },
  {
    name: "a wrong request is made again",
    file: "domain/Failure.ts",
    find: "return status >= 500 || status === 408 || status === 429\n",
    put: "return status >= 400\n"
  },
  {
    name: "a refusal is made again",
    file: "domain/Failure.ts",
    find: 'if (rejection !== undefined) return rejection.reason.code === "upstream_timeout"',
    put: "if (rejection !== undefined) return true"
  },
  {
    name: "an empty account is asked again",
    file: "domain/Failure.ts",
    find: "  if (isQuotaExhausted(error)) return false\n",
    put: ""
  },
  {
    name: "retry-after is read as milliseconds",
    file: "domain/RetryAfter.ts",
    find: "return seconds * 1000",
    put: "return seconds"
  },
  {
    name: "a date in retry-after is counted from now although the reply has its own",
    file: "domain/RetryAfter.ts",
    find: "Number.isNaN(sent) ? wallClock() : sent",
    put: "wallClock()"
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
    find: "            timed.started = true\n",
    put: ""
  },
  {
    name: "a deadline that has passed already lets the call start",
    file: "policy/Deadline.ts",
    find: "          if (until <= at) return timed.late()\n",
    put: ""
  },
  {
    name: "a stream's deadline holds after its first part",
    file: "internal/Limit.ts",
    find: "    if (this.#progress === undefined || !this.#progress.firstChunk) this.end(this.late())",
    put: "    this.end(this.late())",
    tests: ["policy/Deadline", "Gate.stream"]
  },
  {
    name: "a comment meets the deadline",
    file: "internal/Limit.ts",
    find: "!this.#progress.firstChunk",
    put: "!this.#progress.begun",
    tests: ["provider/GuardedUpstream"]
  },
  {
    name: "waiting counts against the timeout of an attempt",
    file: "policy/Timeout.ts",
    find: "        inner(\n          ask,\n          Effect.suspend(() => {\n            const progress = StreamProgress.here()\n            const attempt = progress === undefined ? call :",
    put: "        ((_: unknown, whole: Effect.Effect<any, any, any>) => whole)(\n          ask,\n          Effect.suspend(() => {\n            const progress = StreamProgress.here()\n            const attempt = progress === undefined ? inner(ask, call) :"
  },
  {
    name: "an attempt's timeout is twice as long",
    file: "policy/Timeout.ts",
    find: "this.at = this.#clock() + this.#timeout",
    put: "this.at = this.#clock() + 2 * this.#timeout"
  },
  {
    name: "a silent stream is not ended",
    file: "internal/Silence.ts",
    find: "      if (left <= 0) this.end(this.silent(this.#idle, progress.backpressured))",
    put: "      if (left <= 0) void left"
  },
  {
    name: "a stream is ended although it speaks",
    file: "internal/Silence.ts",
    find: "    this.#heardAt = this.#now()",
    put: "    this.#heardAt ||= this.#now()"
  },
  {
    name: "silence is measured before the first part",
    file: "internal/Silence.ts",
    find: "        this.#stop = progress.subscribe(() => this.#hear(progress))\n",
    put: "        this.#stop = progress.subscribe(() => this.#hear(progress))\n        this.#hear(progress)\n"
  },
  {
    name: "a stream's listener stays when the stream has ended",
    file: "internal/Silence.ts",
    find: "    this.#stop?.()\n",
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
    file: "internal/Relay.ts",
    find: "yield* Queue.bounded<A, E3 | Cause.Done>(1)",
    put: "yield* Queue.unbounded<A, E3 | Cause.Done>()",
    tests: ["Gate"]
  },
  {
    name: "a stream's parts are not told to the policies",
    file: "internal/Relay.ts",
    find: "          if (parts.some(counts)) progress.onChunk()\n          else progress.onComment()\n",
    put: "",
    tests: ["Gate"]
  },
  {
    name: "a comment is a part of the answer",
    file: "internal/Relay.ts",
    find: "if (parts.some(counts)) progress.onChunk()",
    put: "if (parts.length > 0) progress.onChunk()",
    tests: ["provider/GuardedUpstream"]
  },
  {
    name: "what is no whole event is handed on before the first",
    file: "provider/events/Batch.ts",
    find: 'if (kind !== "bit" || this.#begun)',
    put: "if (kind !== undefined)"
  },
  {
    name: "what is no whole event is a part of the answer",
    file: "provider/events/Batch.ts",
    find: "if (this.#hasEvent) this",
    put: "this"
  },
  {
    name: "a stream never ends",
    file: "internal/Relay.ts",
    find: "        if (Exit.isSuccess(exit)) Queue.endUnsafe(queue)\n        else Queue",
    put: "        if (Exit.isFailure(exit)) Queue",
    tests: ["Gate"]
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
