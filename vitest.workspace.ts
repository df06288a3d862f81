/**
 * The test projects. Vitest 5 reads this as its config (`--config vitest.workspace.ts`).
 *
 * - unit: pure rules and services with fakes.
 * - store: the real driver on real files.
 * - sim: whole lanes or the whole process.
 */
import { defineConfig } from "vitest/config"

const project = (
  name: string,
  pattern: string,
  exclude: ReadonlyArray<string>,
  testTimeout: number,
) => ({
  test: {
    name,
    include: [`packages/*/test/**/*${pattern}`],
    exclude: [...exclude],
    testTimeout,
    hookTimeout: testTimeout,
  },
})

export default defineConfig({
  test: {
    projects: [
      project("unit", ".test.ts", ["**/*.store.test.ts", "**/*.sim.test.ts"], 15_000),
      project("store", ".store.test.ts", [], 30_000),
      project("sim", ".sim.test.ts", [], 180_000),
    ],
  },
})
