import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, References, type Scope } from "effect"
import type { Pass } from "../../src/Call.ts"
import { fork, Observer, standing, steps } from "./gate.ts"

/** Which call is interrupted, and after how many steps of the scheduler. */
export interface Cut {
  readonly call: number
  readonly step: number
}

export interface Case {
  /** Operations after which each call's fiber lets the others go on. */
  readonly rhythm: number
  readonly cuts: ReadonlyArray<Cut>
}

const names = ["ann", "bob", "cid", "dan"]

/**
 * Sends four calls through a gate for one call at a time, interrupts some, and looks whether everything is given back.
 *
 * The others must end by themselves, and then a call must pass without having to wait, twice in a row.
 */
export const interrupted = <E>(build: Effect.Effect<Pass, E, Scope.Scope>, { cuts, rhythm }: Case) =>
  Effect.gen(function* () {
    const pass = yield* build
    const observer = new Observer()
    const work = steps(4)
    const calls = yield* Effect.forEach(names, (caller) =>
      pass({ caller }, observer.call(caller, work)).pipe(
        Effect.provideService(References.MaxOpsBeforeYield, rhythm),
        fork
      )
    )
    let step = 0
    for (const cut of [...cuts].sort((a, b) => a.step - b.step)) {
      yield* steps(cut.step - step)
      step = cut.step
      yield* Fiber.interrupt(calls[cut.call]!)
    }

    for (const [index, call] of calls.entries()) {
      const exit = yield* Fiber.await(call)
      const cut = cuts.some(({ call }) => call === index)
      assert.isTrue(cut || Exit.isSuccess(exit), `${names[index]}: ${standing(call)}`)
    }
    assert.deepStrictEqual([observer.running, observer.peak], [0, 1])
    for (const caller of ["eve", "fay"]) {
      const after = yield* fork(pass({ caller }, Effect.void))
      assert.strictEqual(standing(after), "succeeded")
    }
  }).pipe(Effect.scoped, (checked) =>
    Effect.catchDefect(checked, (defect) => Effect.die(annotated(defect, rhythm, cuts)))
  )

const annotated = (defect: unknown, rhythm: number, cuts: ReadonlyArray<Cut>) => {
  if (defect instanceof Error) defect.message += ` (rhythm ${rhythm}, interrupted ${JSON.stringify(cuts)})`
  return defect
}

/** Interrupts each of the calls after every one of 0 to 40 steps (or each so many), at the rhythms from 5 to 17. */
export const sweep = <E>(build: Effect.Effect<Pass, E, Scope.Scope>, stride = 1) =>
  Effect.gen(function* () {
    for (let rhythm = 5; rhythm <= 17; rhythm++) {
      for (let step = rhythm % stride; step <= 40; step += stride) {
        for (const call of names.keys()) yield* interrupted(build, { rhythm, cuts: [{ call, step }] })
      }
    }
  })
