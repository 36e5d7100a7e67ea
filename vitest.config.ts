import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/environment.ts"],
    testTimeout: 30_000,
    // Socket tests and property tests share two cores with everything else.
    maxWorkers: 2
  }
})
