import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { loadWorldFile } from "../src/WorldFile.ts"
import { worldParameters, type WorldChanges } from "../src/WorldParameters.ts"
import { epochMs } from "./Worlds.ts"

/** Loads a file of the given text; gives the world's parameters or the refusal in words. */
const loaded = (text: string, defaults: WorldChanges = {}) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "world-"))),
    (dir) => {
      const path = join(dir, "world.json")
      writeFileSync(path, text)
      return loadWorldFile(path, defaults).pipe(
        Effect.catchTag("WorldFileRefused", (error) =>
          Effect.succeed(error.message.replaceAll(path, "FILE")),
        ),
      )
    },
    (dir) => Effect.sync(() => rmSync(dir, { recursive: true })),
  )

describe("a world file", () => {
  it.effect("brings traders of its own, the rest is by default", () =>
    Effect.gen(function* () {
      const found = yield* loaded(
        JSON.stringify({
          seed: 7,
          pastDays: 10,
          behaviours: [
            { like: "informed in one topic", name: "weekend reader", traders: 3 },
            { name: "parrot", choice: "momentum", leadHours: [1, 2], traders: 5 },
          ],
        }),
      )
      if (typeof found === "string") return assert.fail(found)
      assert.strictEqual(found.eventsPerDay, worldParameters({}).eventsPerDay)
      assert.deepEqual(found.behaviours[0]!.clarity, [0.2, 0.5])
      assert.strictEqual(found.behaviours[1]!.standing, "unskilled")
      const world = SeededWorld.make({ ...found, epochMs })
      const names = world.truth.wallets.map(({ behaviour }) => behaviour)
      assert.deepEqual(names, [
        ...Array.from({ length: 3 }, () => "weekend reader"),
        ...Array.from({ length: 5 }, () => "parrot"),
      ])
    }),
  )

  it.effect("wins over the defaults of what it is run as", () =>
    Effect.gen(function* () {
      const months = { liveTradesPerSecond: null, quickEventEveryMs: 0 }
      const silent = yield* loaded('{"pastDays":10}', months)
      if (typeof silent === "string") return assert.fail(silent)
      assert.deepInclude(silent, { ...months, pastDays: 10 })
      const lively = yield* loaded('{"liveTradesPerSecond":3}', months)
      if (typeof lively === "string") return assert.fail(lively)
      assert.deepInclude(lively, { liveTradesPerSecond: 3, quickEventEveryMs: 0 })
    }),
  )

  const refusals: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["that is no JSON", "{", /^world file FILE: is no JSON/],
    ["that is a list", "[]", /: the file: found \[\], allowed: a JSON object/],
    [
      "with a key nobody knows",
      '{"wallet":5}',
      /: wallet: found an unknown key, allowed: .*wallets/,
    ],
    [
      "with a value out of range",
      '{"correlation":2}',
      /: correlation: found 2, allowed: .*0 and 1/,
    ],
    [
      "with a range turned round",
      '{"marketsPerEvent":[5,2]}',
      /: marketsPerEvent: found \[5,2\], allowed: a range \[low, high\] between 1 and 12/,
    ],
    [
      "with a behaviour like none",
      '{"behaviours":[{"like":"x"}]}',
      /: behaviours\[0\]\.like: found "x", allowed: .*noise/,
    ],
    [
      "with a misspelt behaviour",
      '{"behaviours":[{"name":"a","sise":1}]}',
      /: behaviours\[0\]\.sise: found an unknown key, allowed: like, .*sizeSpread/,
    ],
    [
      "with a behaviour without a name",
      '{"behaviours":[{"traders":1}]}',
      /: behaviours\[0\]\.name: found nothing, allowed: a value/,
    ],
    [
      "with a behaviour that is none",
      '{"behaviours":[5]}',
      /: behaviours\[0\]: found 5, allowed: an object/,
    ],
    [
      "with a choice there is not",
      '{"behaviours":[{"name":"a","choice":"guess"}]}',
      /: behaviours\[0\]\.choice: found "guess", allowed: .*"draw"/,
    ],
    [
      "with one who washes alone",
      '{"behaviours":[{"like":"wash pair","group":1}]}',
      /: behaviours\[0\]\.group: found 1, allowed: 2/,
    ],
    [
      "with an odd one among those who wash",
      '{"behaviours":[{"like":"wash pair","traders":3}]}',
      /: behaviours\[0\]\.traders: found 3, allowed: an even number/,
    ],
    [
      "with more traders than a world holds",
      '{"behaviours":[{"like":"noise","traders":20000},{"like":"patient"}]}',
      /: behaviours: found .*, allowed: at most 20000 traders in all, not 20014/,
    ],
    [
      "with an unknown kind of ending",
      '{"endings":{"lost":0.1}}',
      /: endings\.lost: found an unknown key, allowed: late, disputed, split, voided, overtime/,
    ],
    [
      "with endings above one",
      '{"endings":{"late":0.9,"split":0.2}}',
      /: endings: found .*, allowed: shares that together are at most 1/,
    ],
  ]
  for (const [what, text, says] of refusals) {
    it.effect(`${what} is refused, with the reason`, () =>
      Effect.gen(function* () {
        const found = yield* loaded(text)
        assert.match(typeof found === "string" ? found : "a world", says)
      }),
    )
  }

  it.effect("has all its faults told, a line each", () =>
    Effect.gen(function* () {
      const found = yield* loaded('{"pastDays":0,"wallet":5,"bias":"much"}')
      if (typeof found !== "string") return assert.fail("a world")
      const places = found
        .split("\n")
        .map((line) => /^world file FILE: (\w+): found/.exec(line)?.[1])
      assert.deepEqual(places.toSorted(), ["bias", "pastDays", "wallet"])
    }),
  )

  it.effect("that is not there is refused", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadWorldFile("/nowhere/world.json"))
      assert.match(error.message, /^world file \/nowhere\/world.json: cannot be read/)
    }),
  )

  it("scales its behaviours to a number of wallets, groups whole", () => {
    for (const wallets of [40, 100, 263, 500]) {
      const world = SeededWorld.make({ epochMs, pastDays: 2, wallets })
      assert.strictEqual(world.wallets.length, wallets)
      for (const { behaviour, group } of world.truth.wallets) {
        const size = world.parameters.behaviours.find(({ name }) => name === behaviour)!.group
        assert.strictEqual(group.length, size, behaviour)
      }
    }
  })
})
