export * as GuardedModel from "./ai/GuardedModel.ts"
export * as OpenAi from "./ai/OpenAi.ts"
export { Tokenizer, TokenizerMissing } from "./tokenizer/Tokenizer.ts"
