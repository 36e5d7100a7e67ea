export * as GuardedModel from "./ai/GuardedModel.ts"
export * as OpenAi from "./ai/OpenAi.ts"
export * as SimulatedLanguageModel from "./simulator/SimulatedLanguageModel.ts"
export { SimulatedModel } from "./simulator/SimulatedModel.ts"
