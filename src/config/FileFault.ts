import type { PlatformError } from "effect/PlatformError"

/** Says in words why a file cannot be read. */
export const describe = ({ reason }: PlatformError): string => {
  if (reason._tag === "NotFound") return "there is no such file"
  if (reason._tag === "PermissionDenied") return "this user may not read it"
  return reason._tag === "BadResource" ? "it is a folder and no file" : (reason.description ?? reason._tag)
}
