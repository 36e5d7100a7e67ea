import { type Call, outer, type Route } from "../Call.ts"
import { EngineCall } from "./EngineCall.ts"

/** Where the attempt goes that a call makes, as a policy around it or around a call further out has chosen. */
export const routeOf = (call: Partial<Call> | undefined): Route | undefined => {
  let each: Call | undefined = call instanceof EngineCall ? call : undefined
  while (each !== undefined && each.route === undefined) each = each.options[outer]
  return each?.route
}
