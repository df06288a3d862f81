import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { loadWorldFile } from "../src/WorldFile.ts"
import { worldParameters } from "../src/WorldParameters.ts"
import { epochMs } from "./Worlds.ts"

/** Loads a file of the given text; gives the world's parameters or the refusal in words. */
const loaded = (text: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "world-"))),
    (dir) => {
      const path = join(dir, "world.json")
      writeFileSync(path, text)
      return loadWorldFile(path).pipe(
        Effect.catchTag("WorldFileRefused", (error) =>
          Effect.succeed(error.message.replace(path, "FILE")),
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

  const refusals: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["that is no JSON", "{", /^world file FILE: is no JSON/],
    ["that is a list", "[]", /is no JSON object/],
    ["with a key nobody knows", '{"wallet":5}', /wallet/],
    ["with a value out of range", '{"correlation":2}', /correlation/],
    ["with a range turned round", '{"marketsPerEvent":[5,2]}', /marketsPerEvent/],
    ["with a behaviour like none", '{"behaviours":[{"like":"x"}]}', /behaviours\[0\]: like "x"/],
    ["with a misspelt behaviour", '{"behaviours":[{"name":"a","sise":1}]}', /sise/],
    ["with endings above one", '{"endings":{"late":0.9,"split":0.2}}', /endings/],
  ]
  for (const [what, text, says] of refusals) {
    it.effect(`${what} is refused, with the reason`, () =>
      Effect.gen(function* () {
        const found = yield* loaded(text)
        assert.match(typeof found === "string" ? found : "a world", says)
      }),
    )
  }

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
