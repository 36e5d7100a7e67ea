import type { Settings } from "../../config/Settings.ts"

const instead = {
  LLM_MAX_CONCURRENT_REQUESTS: { maxConcurrentRequests: 8 },
  LLM_REQUESTS_PER_SECOND: { requestsPerSecond: Infinity },
  JOBS_PER_MIN: { jobsPerMinute: Infinity }
}

/** On the simulated model in real time, limits that were not set do not hold up a demonstration. */
export const unhurried = (settings: Settings): Settings => {
  const isSet = (variable: string) =>
    settings.inForce.some(({ name, source }) => name === variable && source !== "default")
  const changes = Object.entries(instead).map(([variable, change]) => (isSet(variable) ? {} : change))
  return settings.simulated ? Object.assign({}, settings, ...changes) : settings
}
