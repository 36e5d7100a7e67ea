import { AsyncResource } from "node:async_hooks"
import { EngineCall } from "./EngineCall.ts"

/** A call whose work begins on the stack of the engine, in the async context in which the call was made. */
export abstract class FiberlessCall extends EngineCall {
  /** The async context of a call that waited: its work begins on another stack. */
  #resource: AsyncResource | undefined = undefined

  /** Begins an attempt. */
  protected abstract beginHere(): void

  protected override park(): void {
    super.park()
    this.#resource ??= new AsyncResource("headgate/Call")
  }

  protected override begin(): void {
    if (this.#resource === undefined) this.beginHere()
    else this.#resource.runInAsyncScope(this.beginHere, this)
  }
}
