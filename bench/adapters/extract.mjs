import { Option } from "effect"
import { from } from "../../src/agents/Extract.ts"

/** The value of a schema in a reply, or nothing. */
export const extract = (reply, schema) => Option.getOrUndefined(from(reply, schema))
