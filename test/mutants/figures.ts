import type { Mutant } from "./Mutant.ts"

/** Stats, health and advice. */
export const figures: ReadonlyArray<Mutant> = [
  {
    name: "a call counts once for each attempt",
    file: "policy/Observe.ts",
    find: "wait: startedAt === undefined ? at - arrivedAt : undefined, at })",
    put: "wait: at - arrivedAt, at })"
  },
  {
    name: "an attempt is active for ever",
    file: "policy/Observe.ts",
    find: "if (running) work.afterAttempt(stopped, earlier)",
    put: ""
  },
  {
    name: "an end without an arrival is counted",
    file: "policy/Observe.ts",
    find: "              if (!arrived) return undefined\n",
    put: ""
  },
  {
    name: "the first part is told for each part",
    file: "policy/Observe.ts",
    find: '          stop()\n          record({ _tag: "FirstChunk"',
    put: '          void stop\n          record({ _tag: "FirstChunk"'
  },
  {
    name: "a call cut by its deadline counts as failed",
    file: "domain/Outcome.ts",
    find: 'return error.reason._tag === "DeadlineExceeded" || error.reason._tag === "ShuttingDown" ? timedOut : failed',
    put: "return failed"
  },
  {
    name: "a refusal of a started call counts as a rejection",
    file: "domain/Outcome.ts",
    find: "if (!started) return",
    put: 'if (!started || error.reason._tag === "DeadlineExceeded") return'
  },
  {
    name: "a caller that leaves counts as failed",
    file: "domain/Outcome.ts",
    find: "if (Cause.hasInterruptsOnly(exit.cause)) return cancelled",
    put: "if (Cause.hasInterruptsOnly(exit.cause)) return failed"
  },
  {
    name: "an answer that comes as an error counts as failed",
    file: "domain/Outcome.ts",
    find: "return declined === undefined ? failed : { ...succeeded, declined }",
    put: "return failed"
  },
  {
    name: "an answer that broke off counts as one",
    file: "domain/Outcome.ts",
    find: "const declined = started && !begun && ",
    put: "const declined = started && "
  },
  {
    name: "a rejection has no reason",
    file: "internal/ledger/Calls.ts",
    find: 'if (outcome === "rejected" && reason !== undefined) this.rejections[reason]++',
    put: "void reason"
  },
  {
    name: "refusals count against the success rate",
    file: "internal/ledger/Calls.ts",
    find: "successRate: share(succeeded, succeeded + failed + timedOut, 1)",
    put: "successRate: share(succeeded, succeeded + failed + timedOut + rejected, 1)"
  },
  {
    name: "the success rate is none before the first call",
    file: "internal/ledger/Calls.ts",
    find: "successRate: share(succeeded, succeeded + failed + timedOut, 1)",
    put: "successRate: share(succeeded, succeeded + failed + timedOut, 0)"
  },
  {
    name: "cancelled calls are in flight for ever",
    file: "internal/ledger/Calls.ts",
    find: "inFlight: this.arrivals - succeeded - failed - rejected - cancelled - timedOut",
    put: "inFlight: this.arrivals - succeeded - failed - rejected - timedOut"
  },
  {
    name: "latency counts failed calls",
    file: "internal/ledger/Calls.ts",
    find: "    if (!succeeded) return\n",
    put: ""
  },
  {
    name: "a caller's calls are in flight for ever",
    file: "internal/ledger/Callers.ts",
    find: "    entry.inFlight--\n",
    put: ""
  },
  {
    name: "callers are kept without bound",
    file: "internal/ledger/Callers.ts",
    find: "    if (this.entries.size >= this.bound) this.forget()\n",
    put: ""
  },
  {
    name: "an opening is counted at every failure of an open circuit",
    file: "internal/ledger/Circuit.ts",
    find: 'if (state === "open" && this.state !== "open") this.openings++',
    put: 'if (state === "open") this.openings++'
  },
  {
    name: "a half-open circuit counts as closed",
    file: "internal/ledger/Circuit.ts",
    find: 'this.broken.set(now, state === "closed" ? 0 : 1)',
    put: 'this.broken.set(now, state === "open" ? 1 : 0)'
  },
  {
    name: "a half-open circuit is told to be open",
    file: "internal/ledger/Circuit.ts",
    find: 'isOpen: this.state === "open"',
    put: 'isOpen: this.state !== "closed"'
  },
  {
    name: "the fill of a room without places is not a number",
    file: "internal/ledger/Line.ts",
    find: "capacity > 0 ? size / capacity : 0",
    put: "size / capacity"
  },
  {
    name: "a mean that looks back too far",
    file: "domain/Level.ts",
    find: "const span = Math.min(this.length, now - this.origin)",
    put: "const span = now - this.origin"
  },
  {
    name: "a window that never forgets",
    file: "domain/SlidingSum.ts",
    find: "return this.total(now) - before - (this.at(bucket + 1) - before) * (begin - bucket)",
    put: "return this.total(now)"
  },
  {
    name: "percentiles a bucket too low",
    file: "domain/Histogram.ts",
    find: "const rank = Math.max(1, Math.ceil(share * count))",
    put: "const rank = Math.max(1, Math.floor(share * count * 0.9))"
  },
  {
    name: "figures are told more than ten times a second",
    file: "internal/ledger/Changes.ts",
    find: "      this.until(seen.at + interval),",
    put: "      Effect.void,"
  },
  {
    name: "a change before the reader waits is lost",
    file: "internal/ledger/Changes.ts",
    find: "this.version === seen.version ? Deferred.await((this.changed ??= Deferred.makeUnsafe())) : Effect.void",
    put: "Deferred.await((this.changed ??= Deferred.makeUnsafe()))"
  },
  {
    name: "health asks for 95 % success",
    file: "domain/Health.ts",
    find: "met: success > 0.9 }",
    put: "met: success > 0.95 }"
  },
  {
    name: "health lets success be 90 %",
    file: "domain/Health.ts",
    find: "met: success > 0.9 }",
    put: "met: success >= 0.9 }"
  },
  {
    name: "health lets the queue be 20 % full",
    file: "domain/Health.ts",
    find: "met: fill < 0.2 }",
    put: "met: fill <= 0.2 }"
  },
  {
    name: "health lets the circuit be open 1 % of the time",
    file: "domain/Health.ts",
    find: "met: open < 0.01 }",
    put: "met: open <= 0.01 }"
  },
  {
    name: "health lets 1 % of calls time out",
    file: "domain/Health.ts",
    find: "met: timeouts < 0.01 }",
    put: "met: timeouts <= 0.01 }"
  },
  {
    name: "health knows no backlog of jobs",
    file: "domain/Health.ts",
    find: "met: jobs >= 0.75 && jobs <= 1.25",
    put: "met: jobs >= 0.75"
  },
  {
    name: "an open circuit is only degraded",
    file: "domain/Health.ts",
    find: 'if (figures.circuit === "open" || figures.success < 0.5) return "unhealthy"',
    put: 'if (figures.success < 0.5) return "unhealthy"'
  },
  {
    name: "health has changed only when somebody looks",
    file: "internal/ledger/Condition.ts",
    find: "    for (let passed = 0; passed <= 61 && from + passed * minute < now; passed++) this.look(from + passed * minute)\n",
    put: "    void from\n"
  },
  {
    name: "advice names the fastest limit",
    file: "domain/advice/Pace.ts",
    find: ".sort((a, b) => a.perSecond - b.perSecond)",
    put: ".sort((a, b) => b.perSecond - a.perSecond)"
  },
  {
    name: "advice sees no limit before demand is above it",
    file: "domain/advice/Pace.ts",
    find: ">= saturated * slowest.perSecond",
    put: "> 1.1 * slowest.perSecond"
  },
  {
    name: "advice does not see that the circuit binds",
    file: "domain/advice/Pace.ts",
    find: '  if (circuitBreaker.state !== "closed") return "breaker"\n',
    put: "  void circuitBreaker\n"
  },
  {
    name: "advice tells the least urgent first",
    file: "domain/Advice.ts",
    find: "urgency[a.severity] - urgency[b.severity]",
    put: "urgency[b.severity] - urgency[a.severity]"
  },
  {
    name: "advice lets some calls be refused",
    file: "domain/advice/Limits.ts",
    find: "  const figure = refused(evidence)\n  if (figure < threshold.refusals) return undefined",
    put: "  const figure = refused(evidence)\n  if (figure < 10 * threshold.refusals) return undefined"
  },
  {
    name: "advice does not see a key that is refused",
    file: "domain/advice/Troubles.ts",
    find: "  if (figure < threshold.declined) return undefined",
    put: "  if (figure < 10 * threshold.declined) return undefined"
  },
  {
    name: "advice does not see a slower model",
    file: "domain/advice/Troubles.ts",
    find: "  if (figure < threshold.latency) return undefined",
    put: "  if (figure < 2 * threshold.latency) return undefined"
  },
  {
    name: "a setting of its own is ignored",
    file: "Headgate.ts",
    find: "Retry.layer({ maxRetries: settings.maxRetries })",
    put: "Retry.layer({ maxRetries: 2 })"
  },
  {
    name: "the token is taken before the permit",
    file: "Headgate.ts",
    find: "    Layer.provide(ConcurrencyLimit.layer({ permits: settings.permits })),\n    Layer.provide(\n      RateLimit.layer({\n        perSecond: settings.perSecond,\n        burst: settings.burst,\n        tokensPerMinute: settings.tokensPerMinute\n      })\n    ),",
    put: "    Layer.provide(\n      RateLimit.layer({\n        perSecond: settings.perSecond,\n        burst: settings.burst,\n        tokensPerMinute: settings.tokensPerMinute\n      })\n    ),\n    Layer.provide(ConcurrencyLimit.layer({ permits: settings.permits })),"
  },
  {
    name: "calls wait beneath the breaker",
    file: "Headgate.ts",
    find: "    Layer.provide(AdmissionQueue.layer({ capacity: settings.capacity, maxWait: settings.maxWait })),\n    Layer.provide(\n      CircuitBreaker.layer({\n        maxFailures: settings.maxFailures,\n        openDuration: settings.openFor,\n        probeTimeout: settings.requestTimeout\n      })\n    ),",
    put: "    Layer.provide(\n      CircuitBreaker.layer({\n        maxFailures: settings.maxFailures,\n        openDuration: settings.openFor,\n        probeTimeout: settings.requestTimeout\n      })\n    ),\n    Layer.provide(AdmissionQueue.layer({ capacity: settings.capacity, maxWait: settings.maxWait })),",
    survives:
      "either order starts and refuses the same calls at the same moments; in this one a waiting call has no part in the breaker yet"
  },
  {
    name: "a retry keeps its place in the queue",
    file: "Headgate.ts",
    find: "    Layer.provide(Retry.layer({ maxRetries: settings.maxRetries })),\n    Layer.provide(AdmissionQueue.layer({ capacity: settings.capacity, maxWait: settings.maxWait })),",
    put: "    Layer.provide(AdmissionQueue.layer({ capacity: settings.capacity, maxWait: settings.maxWait })),\n    Layer.provide(Retry.layer({ maxRetries: settings.maxRetries })),"
  },
  {
    name: "a live change out of its range takes effect",
    file: "internal/Live.ts",
    find: "return checker.problems.length === 0",
    put: "return checker.problems.length >= 0"
  }
]
