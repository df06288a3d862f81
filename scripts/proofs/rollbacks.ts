/**
 * Proof `rollbacks`: each file put back alone by 1 to 50 of its commits, and the service goes on
 * (packages/testkit/src/Rollbacks.ts): no event is lost or applied twice, money is whole, outcomes stand.
 *
 * A case is one small world in virtual time that is copied at seeded commits, and one continuation for each
 * copy. A case in which no cursor was rewound proves too little and does not hold.
 */
import { Effect, Logger } from "effect"
import { type RolledBack, rollBack, rollbacksOf } from "@evaluator/testkit/Rollbacks"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 301
const rollbacks = 60
const rollbacksACase = 6
/** In these hours the world makes the commits that the copies are taken at. */
const hours = { first: 168, after: 6 }
const firstCommit = 3000
const span = 350

export const proof: Proof = {
  name: "rollbacks",
  about: `${rollbacks} times one file alone is put back by 1 to 50 commits: nothing is lost or applied twice.`,
  run: async ({ count, folder, once }) => {
    const wanted = count ?? rollbacks
    for (let done = 0; done < wanted; done += rollbacksACase) {
      const seed = firstSeed + done / rollbacksACase
      await once(`seed ${seed}`, () =>
        Effect.runPromise(caseOf(seed, Math.min(rollbacksACase, wanted - done), folder)),
      )
    }
  },
}

const caseOf = Effect.fnUntraced(
  function* (seed: number, count: number, folder: string): Effect.fn.Return<CaseResult> {
    const plans = yield* rollbacksOf(seed, count, firstCommit, span)
    const rolled = yield* rollBack(seed, plans, folder, hours)
    const faults = rolled.flatMap(({ rollback, faults }) =>
      faults.map((fault) => `${rollback.file} back by ${rollback.commits}: ${fault}`),
    )
    if (rolled.length < count) faults.push(`${count - rolled.length} copies were never taken`)
    if (rolled.every(({ rewinds }) => rewinds === 0)) faults.push("no cursor was rewound")
    const column = (of: (one: RolledBack) => number | string) => rolled.map(of).join(", ")
    return {
      held: faults.length === 0,
      faults,
      row: {
        seed,
        "put back by": column((one) => `${one.rollback.file} ${one.rollback.commits}`),
        "cursors rewound": column((one) => one.rewinds),
        "outcomes before": column((one) => one.outcomesBefore),
        "outcomes after": column((one) => one.outcomesAfter),
      },
    }
  },
  Effect.provide(Logger.layer([])),
)
