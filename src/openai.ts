export * as GuardedModel from "./provider/GuardedModel.ts"
export * as OpenAi from "./provider/OpenAi.ts"
export * as SimulatedLanguageModel from "./provider/SimulatedLanguageModel.ts"
export { SimulatedModel } from "./provider/SimulatedModel.ts"
