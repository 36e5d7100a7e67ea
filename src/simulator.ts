export * as SimulatedLanguageModel from "./simulator/SimulatedLanguageModel.ts"
export { SimulatedModel } from "./simulator/SimulatedModel.ts"
export type { Options as SimulatedModelOptions } from "./simulator/model/Options.ts"
export * as VirtualTime from "./simulator/VirtualTime.ts"
