import { Predicate } from "effect"
import type { OpenApi } from "effect/http-api"

const header = (type: "integer" | "string", description: string) => ({ description, schema: { type } })

const headers = {
  "x-request-id": header("string", "The request's id, as in the log."),
  "x-headgate-wait-ms": header(
    "string",
    "Milliseconds from arrival to the first start at the model, then those by stage if it waited: `5230;queue=5000;permit=230`."
  ),
  "retry-after": header("integer", "Seconds until it makes sense to come back, from 1 to 60."),
  "retry-after-ms": header("integer", "The same in milliseconds."),
  "x-should-retry": header("string", "`false` if it makes no sense within a minute, or ever.")
}

type Name = keyof typeof headers

const passedTheGate: ReadonlyArray<Name> = ["x-headgate-wait-ms"]
const refused: ReadonlyArray<Name> = [...passedTheGate, "retry-after", "retry-after-ms", "x-should-retry"]

/** What the answers to a call of the model carry, by status. */
const ofCalls: Readonly<Record<string, ReadonlyArray<Name>>> = {
  "200": passedTheGate,
  "400": ["x-should-retry"],
  "429": refused,
  "502": passedTheGate,
  "503": refused,
  "504": refused
}

const references = (names: ReadonlyArray<Name>) =>
  Object.fromEntries(["x-request-id", ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const describedBy = (schema: object) =>
  Predicate.hasProperty(schema, "description") ? { description: schema.description } : {}

const completedOperation = (operation: OpenApi.OpenAPISpecOperation, isCall: boolean) => ({
  ...operation,
  // Readers of the document look for it here.
  parameters: operation.parameters.map((parameter) => ({ ...parameter, ...describedBy(parameter.schema) })),
  responses: Object.fromEntries(
    Object.entries(operation.responses).map(([status, response]) => [
      status,
      { ...response, headers: references((isCall && ofCalls[status]) || []) }
    ])
  )
})

// More fields may come.
const open = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(open)
  if (!Predicate.isObject(schema)) return schema
  const fields = Object.entries(schema).filter(([name, value]) => name !== "additionalProperties" || value !== false)
  return Object.fromEntries(fields.map(([name, value]) => [name, open(value)]))
}

/** Adds what schemas do not say: the headers of answers, and that objects may grow. */
export const completed = (description: Record<string, unknown>): Record<string, unknown> => {
  const spec = open(description) as OpenApi.OpenAPISpec
  const paths = Object.entries(spec.paths).map(([path, item]) => {
    const operations = Object.entries(item as Record<string, OpenApi.OpenAPISpecOperation>)
    const isCall = (method: string) => method === "post" && path.startsWith("/v1/")
    return [
      path,
      Object.fromEntries(operations.map(([method, of]) => [method, completedOperation(of, isCall(method))]))
    ]
  })
  return { ...spec, paths: Object.fromEntries(paths), components: { ...spec.components, headers } }
}
