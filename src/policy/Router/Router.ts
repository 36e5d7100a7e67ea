import { Context, Effect, Exit, Formatter, Layer, Option, Scope, Stream, SubscriptionRef } from "effect"
import { waitingFor } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { InvalidOptions, type Problem } from "../../config/InvalidOptions.ts"
import { decoder, inspector, list, type OptionsOf } from "../../config/Options.ts"
import { Draining } from "../../Drain.ts"
import { routeOf } from "../../engine/OuterCalls.ts"
import { EngineCall } from "../../engine/EngineCall.ts"
import { change } from "../../engine/Line.ts"
import { TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import { shuttingDown } from "../../Rejection.ts"
import { EndpointCounts } from "../../stats/EndpointStats.ts"
import { Stats } from "../../Stats.ts"
import { Endpoint as LiveEndpoint } from "./Endpoint.ts"
import { RoutedCall } from "./RoutedCall.ts"
import { Routing } from "./Routing.ts"
import { RouterStats } from "./RouterStats.ts"

const isRecord = (value: unknown): value is Readonly<Record<string, never>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isLayer = (value: unknown): value is Layer.Layer<Gate, InvalidOptions, Gate> => Layer.isLayer(value)

const fields = {
  /** What the endpoint is called in statistics and to its callers, 1 to 64 characters. */
  name: Field.required(Field.label("name")),
  /** The models that it serves; a `*` stands for any text. Default: every model, or those of `aliases` if there are any. */
  models: Field.optional(list(Field.label("model"), { default: [] })),
  /** Other names of models, and the names by which the endpoint knows them. Default: none. */
  aliases: Field.value((value): value is Readonly<Record<string, string>> => isRecord(value), "an object of names", {
    default: {}
  }),
  /** The endpoint's share among those of one order, above 0. Default: 1. */
  weight: Field.number(1e-6, 1e6, { default: 1 }),
  /** Endpoints of a lower order go first, and the others take what those cannot start; a number. Default: 0. */
  order: Field.integer(0, 1e6, { default: 0 }),
  /** The endpoint's own policies, such as its limits and its circuit breaker. */
  policies: Field.required(Field.value(isLayer, "a layer of policies")),
  /** A value for the work of a call, such as the URL of the endpoint. Default: nothing. */
  value: Field.make<unknown>({ default: undefined, allowed: "anything", read: (value) => value })
}

/** One endpoint of several. */
export interface Endpoint extends OptionsOf<typeof fields> {}

export interface Options {
  /** The endpoints, with different names. */
  readonly endpoints: ReadonlyArray<Endpoint>
  /**
   * The models that may answer in place of one whose endpoints cannot, in their order; a `*` in a name stands for any
   * text. Default: none.
   */
  readonly fallbackModels?: Readonly<Record<string, ReadonlyArray<string>>> | undefined
}

/**
 * Sends each call to one of several endpoints, and on to another if that fails.
 *
 * Of the endpoints that serve the call's model, whose circuit admits calls and which are not cooled down, the least
 * loaded by weight is asked. If none can start the call now, it waits for the first that can. An attempt that fails in a
 * way that another endpoint need not share (5xx, 408, 429, a timeout, no connection, a refusal of the endpoint's
 * policies) goes on to the next endpoint, and then to the models that may answer in place of its own: before the first
 * chunk of a streamed answer, within the call's deadline, and within the retry budget where the others fail as well.
 * Fails with `CircuitOpen` while every circuit is open, and with `NeverAdmissible` if no endpoint serves the model.
 *
 * Later values of a `SubscriptionRef` take effect while calls run: an endpoint whose `policies` are the same layer keeps
 * its state, one that is gone lets its attempts end.
 *
 * @example
 * const endpoint = (name: string, models: ReadonlyArray<string>) => ({
 *   name,
 *   models,
 *   policies: CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds" }).pipe(
 *     Layer.provide(ConcurrencyLimit.layer({ permits: 10 }))
 *   )
 * })
 * const gate = Router.layer({ endpoints: [endpoint("east", ["gpt-*"]), endpoint("west", ["*"])] }).pipe(
 *   Layer.provide(Gate.layerNoop)
 * )
 * const call = Effect.map(Router.current, (route) => `${route?.model} at ${route?.endpoint}`)
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ model: "gpt-4o" }, call), gate)) // => "gpt-4o at east"
 */
export const layer = (options: Options | SubscriptionRef.SubscriptionRef<Options>) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const isDynamic = SubscriptionRef.isSubscriptionRef(options)
      const draining = yield* Draining
      const stats = Option.getOrUndefined(yield* Effect.serviceOption(Stats))
      const routing = new Routing(yield* TimerQueue.make)
      const router = new Router(routing, beneath, stats, yield* Effect.context<Scope.Scope>())
      const first = isDynamic ? SubscriptionRef.getUnsafe(options as SubscriptionRef.SubscriptionRef<Options>) : options
      yield* router.update(first as Options)
      if (isDynamic) {
        yield* SubscriptionRef.changes(options as SubscriptionRef.SubscriptionRef<Options>).pipe(
          Stream.filter((next) => next !== first),
          Stream.runForEach((next) =>
            Effect.catch(router.update(next), (error) => Effect.logWarning(`${error.message}; the endpoints stay`))
          ),
          Effect.forkScoped({ startImmediately: true })
        )
      }
      if (draining.possible) {
        yield* draining.onEnd(() => change(() => routing.waiting.slice().forEach((each) => each.decide(shuttingDown))))
      }
      const permits = () => routing.endpoints.reduce((sum, { gate }) => sum + (gate.permits?.() ?? Infinity), 0)
      return {
        policy: waitingFor("endpoint", (call) => new RoutedCall(call, routing)),
        permits,
        lane: (call) => routing.laneOf(call)
      }
    })
  )

/**
 * The endpoint of the attempt that runs in this context: its name, its value, and its name for the model. `undefined`
 * outside of a router.
 *
 * @example
 * await Effect.runPromise(Router.current) // => undefined
 */
export const current = Effect.map(EngineCall.current, routeOf)

const decode = decoder(fields)

const anything = Field.make<unknown>({ default: undefined, allowed: "anything", read: (value) => value })
const inspect = inspector({ endpoints: anything, fallbackModels: anything })

/** Builds new endpoints, keeps unchanged ones, and closes removed ones once their attempts have ended. */
class Router {
  readonly #routing: Routing
  readonly #beneath: Gate["Service"]
  readonly #context: Context.Context<Scope.Scope>
  readonly #stats: RouterStats
  readonly #built = new Map<string, Built>()

  constructor(
    routing: Routing,
    beneath: Gate["Service"],
    stats: Stats["Service"] | undefined,
    context: Context.Context<Scope.Scope>
  ) {
    this.#routing = routing
    this.#beneath = beneath
    this.#context = context
    this.#stats = new RouterStats(routing, stats)
  }

  readonly update = Effect.fnUntraced({ self: this }, function* (this: Router, options: Options) {
    const problems: Array<Problem> = []
    inspect(options, problems)
    const { endpoints, fallbackModels = {} }: Partial<Options> = Object(options)
    if (!Array.isArray(endpoints)) {
      const value = Formatter.format(endpoints)
      problems.push({ name: "endpoints", value, allowed: "a list of endpoints" })
      return yield* Effect.fail(new InvalidOptions({ problems }))
    }
    const given = endpoints.map((endpoint, index) => decode(endpoint, problems, `endpoints[${index}].`))
    for (const [index, { name }] of given.entries()) {
      if (given.findIndex((each) => each.name === name) === index) continue
      problems.push({ name: `endpoints[${index}].name`, value: name, allowed: "a name that no other endpoint has" })
    }
    if (problems.length > 0) return yield* Effect.fail(new InvalidOptions({ problems }))
    const live: Array<LiveEndpoint> = []
    for (const described of given) {
      const known = this.#built.get(described.name)
      const stays = known !== undefined && known.policies === described.policies
      const built = stays ? known : yield* this.#build(described)
      live.push(built.endpoint)
      if (!stays) this.#remove(described.name)
      this.#built.set(described.name, built)
      built.endpoint.describe(described)
    }
    const names = new Set(given.map(({ name }) => name))
    for (const name of this.#built.keys()) if (!names.has(name)) this.#remove(name)
    change(() => this.#routing.update(live, fallbackModels))
  })

  #build(described: LiveEndpoint["described"] & Pick<Endpoint, "policies">): Effect.Effect<Built, InvalidOptions> {
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.fork(Context.get(this.#context, Scope.Scope))
      const counts = new EndpointCounts(this.#routing.timers.now())
      const stats = this.#stats.of(described.name, counts)
      const context = stats === undefined ? this.#context : Context.add(this.#context, Stats, stats)
      const beneath = Layer.succeed(Gate, this.#beneath)
      const built = Layer.build(Layer.provide(Layer.fresh(described.policies), beneath)).pipe(
        Effect.provideContext(Context.add(context, Scope.Scope, scope)),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const gate = Context.get(yield* built, Gate)
      const endpoint: LiveEndpoint = new LiveEndpoint(gate, counts, described, () => this.#freed(endpoint, scope))
      return { endpoint, policies: described.policies, scope }
    })
  }

  #remove(name: string): void {
    const known = this.#built.get(name)
    if (known === undefined) return
    this.#built.delete(name)
    known.endpoint.isRemoved = true
    this.#stats.removed.add(known.endpoint)
    this.#closeIfUnused(known.endpoint, known.scope)
  }

  #freed(endpoint: LiveEndpoint, scope: Scope.Closeable): void {
    this.#routing.lookSoon()
    if (endpoint.isRemoved) this.#closeIfUnused(endpoint, scope)
  }

  #closeIfUnused(endpoint: LiveEndpoint, scope: Scope.Closeable): void {
    if (endpoint.load > 0 || endpoint.awaited !== undefined) return
    this.#stats.removed.delete(endpoint)
    Effect.runForkWith(this.#context)(Scope.close(scope, Exit.void))
  }
}

interface Built {
  readonly endpoint: LiveEndpoint
  readonly policies: Endpoint["policies"]
  readonly scope: Scope.Closeable
}
