import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { ExclusionCode, Persona } from "@evaluator/domain/wallet/Persona"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import { loadWorldFile } from "@evaluator/venue/WorldFile"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"
import { classifiedWallets } from "@evaluator/testkit/ClassifiedWorld"

const everyKind = join(import.meta.dirname, "../../../config/worlds/every-kind.json")
const months: WorldChanges = { liveTradesPerSecond: null, quickEventEveryMs: 0 }

/** How many wallets have each persona and no failed gate, and how many fail each gate. */
const countsOf = (wallets: ReturnType<typeof classifiedWallets>) => {
  const counts = new Map<string, number>()
  for (const { classification } of wallets) {
    const { failed, persona, verdict } = classification
    const codes = failed.map(({ code }) => code)
    for (const what of verdict === "classified" ? [persona!] : codes) {
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
  }
  return counts
}

/** A list of addresses in the settings, no behaviour. */
const known = "KNOWN_BOT"
const kinds = [...Persona.literals, ...ExclusionCode.literals].filter((code) => code !== known)

describe("the world of every kind", () => {
  it.effect("has wallets of every persona and for every gate, and some that are neither", () =>
    Effect.gen(function* () {
      const parameters = yield* loadWorldFile(everyKind, months)
      const wallets = classifiedWallets(SeededWorld.make(parameters))
      const counts = countsOf(wallets)
      for (const kind of kinds) assert.isAtLeast(counts.get(kind) ?? 0, 1, kind)
      for (const persona of Persona.literals) assert.isAtLeast(counts.get(persona)!, 3, persona)
      assert.isTrue(wallets.some(({ classification }) => classification.verdict === "waiting"))
    }),
  )

  it.effect(
    "tells those who quote by what they pay, and takes nobody who takes orders for one",
    () =>
      Effect.gen(function* () {
        const parameters = yield* loadWorldFile(everyKind, months)
        const wallets = classifiedWallets(SeededWorld.make(parameters))
        const providers = wallets.filter(({ classification }) =>
          classification.failed.some(({ code }) => code === "LIQUIDITY_PROVIDER"),
        )
        const kindsOf = new Set(providers.map(({ truth }) => truth.behaviour))
        for (const kind of kindsOf) {
          assert.include(["quotes without rest", "two-sided quoting", "wash pair"], kind)
        }
        const tireless = wallets.filter(({ truth }) => truth.behaviour === "quotes without rest")
        assert.isAtLeast(
          providers.filter((one) => tireless.includes(one)).length,
          tireless.length - 2,
        )
      }),
  )
})

describe("the default world", () => {
  it("has them all", () => {
    const counts = countsOf(classifiedWallets(SeededWorld.make(months)))
    assert.deepEqual(
      kinds.filter((kind) => !counts.has(kind)),
      [],
    )
  })
})
