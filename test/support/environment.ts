import { tmpdir } from "node:os"
import { join } from "node:path"

// Tests must not depend on what the shell happens to export.
for (const name of Object.keys(process.env)) {
  if (
    /^(OPENAI_|LLM_|HEADGATE_API_KEYS|HEADGATE_STORE_|REDIS_URL|DATABASE_URL|JOBS_PER_MIN|POPULATION_SIZE|HOST$|PORT$)/.test(
      name
    )
  ) {
    delete process.env[name]
  }
}

// Processes that tests start compile the sources once.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "headgate-compile-cache")
