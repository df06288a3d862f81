/**
 * The four `crypto_day` wallets of the recording beside the checkout, ingested as the lane ingests
 * them: their ledger, facts and outcomes served by the venue made of recorded rows, through the whole
 * client, in virtual time.
 *
 * Promises: what is read is as recorded; absent recordings are told by {@link isRecorded}.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Clock, Effect, Exit, Layer, Random } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, WalletAddress } from "@evaluator/domain/Id"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import { inRounds } from "@evaluator/evaluation/jobs/Rounds"
import * as ClassifyWallets from "@evaluator/evaluation/jobs/ClassifyWallets"
import * as DescribeMarkets from "@evaluator/evaluation/jobs/DescribeMarkets"
import * as IssueVerdicts from "@evaluator/evaluation/jobs/IssueVerdicts"
import * as ResolveMarkets from "@evaluator/evaluation/jobs/ResolveMarkets"
import * as WeighEvidence from "@evaluator/evaluation/jobs/WeighEvidence"
import { type FactsCoverage, readFactsCoverage } from "@evaluator/evaluation/report/Coverage"
import { readHistory } from "@evaluator/evaluation/stores/History"
import { featuresOf, lifetimeWindow } from "@evaluator/evaluation/stores/Judgements"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { Budget } from "@evaluator/polymarket/Budget"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import * as VenueApi from "@evaluator/venue/Api"
import * as InProcess from "@evaluator/venue/InProcess"
import { load } from "@evaluator/venue/recorded/RecordedWorld"
import type { Reason } from "@evaluator/judgement/Judgement"
import { settingsLayer } from "./Defaults.ts"
import { fileLayer, machinery } from "./EvaluatorFile.ts"
import { type Explained, explainRedemptions } from "./ExplainedRedemptions.ts"
import { type Reconciled, reconcile } from "./Reconciled.ts"

const recording = join(import.meta.dirname, "../../../../../shared/data/recorded")

/** By the number in its file's name. */
export type RecordedNumber = 3 | 5 | 8 | 9

const filesOf = (number: RecordedNumber): ReadonlyArray<string> => [
  `activity/crypto_day_wallet_${number}.ndjson.gz`,
  "markets/crypto_day.derived.ndjson.gz",
  "resolutions/crypto_day.derived.ndjson.gz",
]

export const isRecorded = (number: RecordedNumber): boolean =>
  filesOf(number).every((file) => existsSync(join(recording, file)))

/** A folder with this wallet's part of the recording, copied to where it is read once. */
const part = (number: RecordedNumber) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "recorded-wallet-"))
      for (const file of filesOf(number)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        copyFileSync(join(recording, file), join(folder, file))
      }
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )

const judgeAll = (wallet: WalletAddress) =>
  Effect.gen(function* () {
    yield* addWallets([{ wallet, source: "RECORDING", condition: null }], ["activity"])
    yield* walkWallet(wallet, { pages: 1000, force: true })
    yield* inRounds(DescribeMarkets.describeDue, 100)
    yield* Effect.sleep("10 seconds")
    yield* inRounds(ResolveMarkets.resolveDue, 100)
    yield* inRounds(ClassifyWallets.judgeDue, 10)
    // A market whose outcome nobody knows is waited for, then the wallet is judged without it.
    yield* Effect.sleep("11 minutes")
    yield* inRounds(ClassifyWallets.judgeDue, 10)
    yield* inRounds(WeighEvidence.weighUntil(Number.MAX_SAFE_INTEGER), 10)
    yield* IssueVerdicts.issue
  })

export interface RecordedGate {
  readonly code: string
  readonly metric: number
  readonly threshold: number
  readonly evidence: string
}

export interface JudgedRecording {
  readonly fills: number
  readonly verdict: string
  /** All that failed, in their order. */
  readonly gates: ReadonlyArray<RecordedGate>
  readonly facts: FactsCoverage
  readonly redemptions: Explained
  readonly said: {
    readonly verdict: string
    readonly reasonsAgainst: ReadonlyArray<Reason>
    readonly events: number
  }
  readonly money: Reconciled
  /** Realised profit as the features of the whole history have it. */
  readonly realizedMicro: number
}

const found = (wallet: WalletAddress) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const key = hexToBytes(wallet)
    const [row] = yield* sql<{ verdict: string; fills: number }>`SELECT verdict, fills
      FROM wallets WHERE wallet = ${key}`
    const gates = yield* sql<RecordedGate>`SELECT code, metric, threshold, evidence
      FROM wallet_gates WHERE wallet = ${key} ORDER BY position`
    const history = yield* readHistory(key, yield* Clock.currentTimeMillis)
    const [said] = yield* sql<{ verdict: string; reasons_against: string; events: number }>`
      SELECT verdict, reasons_against, events FROM verdicts
      WHERE wallet = ${key} AND until_ms IS NULL`
    const life = (yield* featuresOf(key)).get(lifetimeWindow)
    const judged: JudgedRecording = {
      ...row!,
      gates,
      facts: yield* readFactsCoverage,
      redemptions: explainRedemptions(history),
      said: {
        verdict: said!.verdict,
        reasonsAgainst: JSON.parse(said!.reasons_against) as ReadonlyArray<Reason>,
        events: said!.events,
      },
      money: reconcile(history),
      realizedMicro: life!.realizedMicro,
    }
    return judged
  })

/** Ingests, describes, resolves and judges one wallet a day after its last row. */
export const judgeRecorded = Effect.fnUntraced(function* (number: RecordedNumber) {
  const folder = yield* part(number)
  const world = load({ dir: folder, books: { kind: "recorded" } })
  const [span] = world.manifest().wallets
  if (span === undefined) return yield* Effect.die(`no row of recorded wallet ${number}`)
  const wallet = WalletAddress.make(span.wallet)
  const venue = Layer.mergeAll(GammaApi.layer, DataApi.layer, OutcomeOpinions.layer).pipe(
    Layer.provide(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane: "background" })),
    Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.test"))),
    Layer.provide(InProcess.layer(VenueApi.make(world))),
  )
  const lane = Layer.mergeAll(machinery, venue, settingsLayer()).pipe(Layer.provideMerge(fileLayer))
  const program = Effect.andThen(judgeAll(wallet), found(wallet)).pipe(
    Effect.provide(lane),
    Random.withSeed("recorded wallets"),
  )
  const exit = yield* Effect.promise(() => new VirtualTime(span.lastMs + dayMs).run(program))
  return Exit.isSuccess(exit) ? exit.value : yield* exit
}, Effect.scoped)
