import { describe } from "../config/Misspelling.ts"
import type { Settings } from "../config/Settings.ts"

const shown = /^(LLM_(?!MODEL$)|JOBS_|POPULATION_|HEADGATE_MAX_)/

/** The endpoint where a key is set and no URL is. */
export const usualUrl = "https://api.openai.com/v1"

const modelOf = ({ configFile, inForce, simulated }: Settings): string => {
  if (configFile !== undefined) return `the endpoints of ${configFile}`
  if (simulated) return "the built-in simulated model; set OPENAI_BASE_URL or OPENAI_API_KEY for a real one"
  const base = inForce.find(({ name }) => name === "OPENAI_BASE_URL")?.value
  return base ?? usualUrl
}

/** Tells what is served, where, by which model and within which limits, a line each. */
export const lines = (settings: Settings, url: string): ReadonlyArray<string> => [
  `headgate listens on ${url}`,
  `model: ${modelOf(settings)}`,
  `callers: ${settings.apiKeys.length === 0 ? "anyone" : `${settings.apiKeys.length} with a key`}`,
  ...settings.inForce
    .filter(({ name }) => shown.test(name))
    .map(({ name, source, value = "none" }) => `${name}=${value} (${source})`)
]

/** Warns of unknown variables with names like ours, and of settings without effect. */
export const warnings = ({ apiKeys, baseUrl, configFile, key, unknown }: Settings): ReadonlyArray<string> => [
  ...unknown.map(describe),
  ...(key !== undefined && apiKeys.length === 0
    ? ["HEADGATE_API_KEY is the key that commands send; callers need one only if HEADGATE_API_KEYS is set"]
    : []),
  ...(configFile !== undefined && baseUrl !== undefined ? ["OPENAI_BASE_URL has no effect beside HEADGATE_CONFIG"] : [])
]
