export { Gate, type Pass } from "./Gate.ts"
