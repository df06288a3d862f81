import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { resolve } from "node:path"
import type { SimOptions } from "@evaluator/app/cli/RunOptions"
import { WorldFileRefused } from "@evaluator/venue/WorldFile"
import { command } from "./Terminal.ts"

const simWith = Effect.fnUntraced(function* (...argv: ReadonlyArray<string>) {
  const asked: Array<SimOptions> = []
  const said = yield* command(["sim", ...argv], {
    sim: (options) => Effect.sync(() => void asked.push(options)),
  })
  return { said, asked: asked[0] }
})

describe("sim", () => {
  it.effect("runs a month of the default world on the sim profile", () =>
    Effect.gen(function* () {
      const { asked, said } = yield* simWith()
      assert.strictEqual(said.code, 0)
      assert.deepInclude(asked, { days: 30, seed: null, wallets: null, world: null })
      assert.deepInclude(asked, { faults: "none", keep: null, json: false })
      assert.deepStrictEqual(asked?.loaded.profiles, ["sim"])
    }),
  )

  it.effect("takes seed, days, wallets, world, faults and a kept directory", () =>
    Effect.gen(function* () {
      const { asked } = yield* simWith(
        ..."--seed 7 --days 3 --wallets 90 --world mine.json --faults many --keep kept --json".split(
          " ",
        ),
      )
      assert.deepInclude(asked, { days: 3, seed: 7, wallets: 90, faults: "many", json: true })
      assert.deepInclude(asked, { world: resolve("mine.json"), keep: "kept" })
    }),
  )

  it.effect("has an owner who steps in only when asked for", () =>
    Effect.gen(function* () {
      assert.isNull((yield* simWith()).asked!.approveAfter)
      const { asked } = yield* simWith("--approve-after", "10d")
      assert.strictEqual(Duration.toMillis(asked!.approveAfter!), 10 * 86_400_000)
    }),
  )

  for (const [what, argv] of [
    ["no day", ["--days", "0"]],
    ["a seed below 0", ["--seed", "-1"]],
    ["a seed no world has", ["--seed", "5000000000"]],
    ["more wallets than a world holds", ["--wallets", "20001"]],
    ["faults there are not", ["--faults", "lots"]],
  ] as const) {
    it.effect(`refuses ${what} and starts nothing`, () =>
      Effect.gen(function* () {
        const { asked, said } = yield* simWith(...argv)
        assert.strictEqual(said.code, 2)
        assert.strictEqual(said.out, "")
        assert.include(said.err, `"${argv[1]}". Expected: `)
        assert.notMatch(said.err, /Expected: expected|unexpected/)
        assert.isUndefined(asked)
      }),
    )
  }

  it.effect("calls a refused world file wrong usage and says why", () =>
    Effect.gen(function* () {
      const said = yield* command(["sim", "--world", "mine.json"], {
        sim: () => Effect.fail(new WorldFileRefused({ path: "mine.json", reason: "is no JSON" })),
      })
      assert.strictEqual(said.code, 2)
      assert.include(said.err, "mine.json: is no JSON")
    }),
  )
})
