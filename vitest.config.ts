import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/environment.ts"],
    // Importing the modules anew for each file would take a third of the time; no test leaves anything behind in them.
    isolate: false,
    // Backstops only: how long a test takes depends on the machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 3
  }
})
