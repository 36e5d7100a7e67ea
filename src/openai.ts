export { Parameters, withParameters } from "./provider/chat/Parameters.ts"
export * as SimulatedLanguageModel from "./provider/SimulatedLanguageModel.ts"
export { SimulatedModel } from "./provider/SimulatedModel.ts"
