import { Effect } from "effect"
import type { StreamProgress } from "../StreamProgress.ts"
import type { Work } from "./Observer.ts"
import type { Call } from "./Scenario.ts"

/** How long a lingering call takes to stop, in milliseconds. */
export const lingers = 250

const parts = (progress: StreamProgress | undefined, count: number) =>
  Effect.repeat(
    Effect.andThen(
      Effect.sync(() => progress?.onChunk()),
      Effect.sleep(100)
    ),
    { times: count - 1 }
  )

/** What the model does for a call. */
export const work = ({ kind, takes }: Call, progress: StreamProgress | undefined): Work => {
  const breaks: Work = (attempt) => Effect.andThen(parts(progress, 1), Effect.fail({ status: 500, attempt }))
  const ending: Work = (attempt) => {
    switch (kind) {
      case "fail":
        return Effect.fail({ status: 500, attempt })
      case "wrong":
        return Effect.fail({ status: 400, attempt })
      case "flaky":
        return attempt === 1 ? Effect.fail({ status: 503 }) : Effect.succeed({ attempt })
      case "die":
        return Effect.die({ attempt })
      case "hang":
        return Effect.never
      case "interrupt":
        return Effect.interrupt
      case "stream":
        return Effect.as(parts(progress, 3), { attempt })
      case "relapse":
        return attempt === 1 ? Effect.fail({ status: 503 }) : breaks(attempt)
      case "break":
        return breaks(attempt)
      default:
        return Effect.succeed({ attempt })
    }
  }
  const sleep = takes === 0 ? Effect.void : Effect.sleep(takes)
  const worked: Work = (attempt) => (takes === 0 ? ending(attempt) : Effect.andThen(sleep, ending(attempt)))
  return kind === "linger" ? (attempt) => Effect.onInterrupt(worked(attempt), () => Effect.sleep(lingers)) : worked
}

/** Whether a call answers in parts. */
export const isStreamed = ({ kind }: Call): boolean => kind === "stream" || kind === "break" || kind === "relapse"
