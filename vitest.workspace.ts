/**
 * The test projects. Vitest 5 reads this as its config (`--config vitest.workspace.ts`).
 *
 * - unit: pure rules and services with fakes.
 * - store: the real driver on real files.
 * - sim: whole lanes or the whole process.
 *
 * Files of one worker share its modules (`isolate: false`): loading Effect anew for each file took
 * three quarters of the time. What a test changes must therefore be its own: services, files, and a
 * metric registry where it reads metrics.
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
    isolate: false,
    testTimeout,
    hookTimeout: testTimeout,
  },
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project("unit", ".test.ts", ["**/*.store.test.ts", "**/*.sim.test.ts"], 30_000),
      project("store", ".store.test.ts", [], 60_000),
      project("sim", ".sim.test.ts", [], 180_000),
    ],
  },
})
