/** What a snapshot says of jobs that took no calls. */
export const effortless = {
  variation: null,
  failures: { wrong: 0, late: 0, refused: 0 },
  calls: { act: 0, plan: 0, reflect: 0 },
  tokensPerJob: { act: 0, plan: 0, reflect: 0 },
  callsPerJob: { act: 0, plan: 0, reflect: 0 },
  plansReused: 0,
  reflectionsPerJob: 0,
  reflectionsSkipped: 0
}
