/**
 * publish-follow-list: opens and ends following, so that the open spans are the wanted wallets.
 *
 * Wanted: PAPER_TRADING or APPROVED and followable, at most `follow.max_wallets`, best score first.
 * Following begins now and ends `follow.unfollow_notice` from now, so that both lanes agree about
 * every fill. At most {@link changesPerStep} changes a transaction. Emits `FollowListChanged` with the
 * spans that changed.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Follow } from "@evaluator/domain/event/DomainEvent"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { followedByRecording, wantedWallets } from "../stores/FollowList.ts"
import { endFollow, openFollow, openFollows, relabelFollow } from "../stores/Follows.ts"
import { inRounds } from "./Rounds.ts"

const changesPerStep = 200
const roundsPerRun = 50

/** One transaction of changes towards the wanted list. */
export const publishStep = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const { follow } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const recorded = yield* followedByRecording(now)
  const wanted = (yield* wantedWallets(follow.max_wallets)).filter(
    ({ wallet }) => !recorded.has(wallet),
  )
  const open = yield* openFollows("rules")
  const openOf = new Map(open.map((span) => [span.wallet, span]))
  const wantedSet = new Set(wanted.map(({ wallet }) => wallet))
  const until = now + Duration.toMillis(follow.unfollow_notice)
  const ends = open
    .filter((span) => !wantedSet.has(span.wallet))
    .map((span) => endFollow(span, until, "no longer among the wanted wallets"))
  const begins = wanted
    .filter(({ wallet }) => !openOf.has(wallet))
    .map((one) => openFollow({ ...one, fromMs: now, toMs: null }, "rules"))
  const labels = wanted.flatMap((one) => {
    const span = openOf.get(one.wallet)
    const same = span === undefined || (span.state === one.state && span.persona === one.persona)
    return same ? [] : [relabelFollow({ ...span, state: one.state, persona: one.persona })]
  })
  const changes = [...ends, ...begins, ...labels].slice(0, changesPerStep)
  if (changes.length > 0) {
    yield* Effect.gen(function* () {
      const follows: ReadonlyArray<Follow> = yield* Effect.all(changes)
      yield* log.append([{ type: "FollowListChanged", payload: { follows } }])
    }).pipe(sql.withTransaction, Effect.orDie)
  }
  return {
    counts: { followed: wanted.length, changed: changes.length },
    more: changes.length === changesPerStep,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ follow }) =>
    Job.layer({
      name: "publish-follow-list",
      about: "Begins and ends following of wallets as the rules have it",
      service: "ranking",
      every: follow.every,
      atBoot: true,
      on: ["WalletRulesEvaluated"],
      emits: ["FollowListChanged"],
      settle: "1 second",
      timeout: "2 minutes",
      run: inRounds(publishStep, roundsPerRun),
    }),
  ),
)
