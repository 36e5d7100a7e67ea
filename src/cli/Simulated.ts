import { Layer } from "effect"
import * as SimulatedLanguageModel from "../simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../simulator/SimulatedModel.ts"
import * as UpstreamSimulated from "../simulator/UpstreamSimulated.ts"

/** The simulated model, for the callers of the service and for the agents. */
export const layer = Layer.merge(UpstreamSimulated.layer, SimulatedLanguageModel.layer).pipe(
  Layer.provide(SimulatedModel.layer())
)
