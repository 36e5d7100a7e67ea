import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/environment.ts"],
    // Thousands of runs of a property take as long as the machine is slow.
    testTimeout: process.env.HEADGATE_LONG === "1" ? 180_000 : 30_000,
    // Socket tests and property tests share two cores with everything else.
    maxWorkers: 2
  }
})
