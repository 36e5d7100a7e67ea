import { Option } from "effect"

/** Reads a text as JSON, strictly. */
export const strictly: (text: string) => Option.Option<unknown> = Option.liftThrowable((text: string): unknown =>
  JSON.parse(text)
)
