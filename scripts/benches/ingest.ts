/**
 * Benchmark `ingest`: a real wallet's ledger, page by page through the client (decoded, checked), the
 * walk (deduplicated, stored with the places they name) and the event log (announced), against the same
 * rows inserted into the same tables by `node:sqlite` alone.
 *
 * Both write a new file with the lane's own PRAGMAs and schema, 500 rows a transaction. Pages are
 * answered out of memory; the request budget, which is the venue's and not ours, does not count.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { laneSettings } from "@evaluator/app/LaneSettings"
import { migrations } from "@evaluator/app/Migrations"
import { loadSettings } from "@evaluator/app/Settings"
import { WalletAddress } from "@evaluator/domain/Id"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { Budget } from "@evaluator/polymarket/Budget"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Database from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import * as VenueApi from "@evaluator/venue/Api"
import { load } from "@evaluator/venue/recorded/RecordedWorld"
import { root } from "../Commands.ts"
import type { Bench } from "./Bench.ts"

/** An odd number, so that the median is one of them. */
const runs = 5
const rowsATransaction = 500
const tables = ["trades", "activity", "wallet_conditions", "conditions", "row_fates"] as const

/** The recording's wallet with the most rows: `activity/crypto_day_wallet_3`. */
const wallet = WalletAddress.make("0xd111ced402bac802f74606deca83bbf6a1eaaf32")

const recording = join(root, "../shared/data/recorded")

type Rows = ReadonlyArray<ReadonlyArray<SQLInputValue>>

/**
 * Answers the requests of one walk, in their order, out of memory, as bytes like a network; those that no walk has made yet are
 * asked of the recorded world. Addresses differ from walk to walk: the client passes caches by.
 */
const answering = (pages: Array<Buffer>, api: VenueApi.VenueApi, nowMs: number) => {
  let asked = 0
  return HttpClient.make((request, url) =>
    Effect.sync(() => {
      const query = url.searchParams
      const ask = { method: request.method, path: url.pathname, query, body: "" }
      const body = (pages[asked] ??= Buffer.from(api.handle(ask, nowMs).body))
      asked += 1
      const headers = { "content-length": String(body.byteLength) }
      const answer = new Response(new Uint8Array(body), { status: 200, headers })
      return HttpClientResponse.fromWeb(request, answer)
    }),
  )
}

const unlimited = Layer.succeed(Budget, {
  spend: () => Effect.void,
  throttled: () => Effect.succeed(0),
  answered: () => Effect.void,
  hear: () => Effect.void,
})

/** Seconds that one walk of the wallet takes, turn by turn as the service takes them. */
const walk = (
  file: string,
  http: HttpClient.HttpClient,
  tracers: Layer.Layer<ServiceTracer>,
  pagesATurn: number,
) =>
  Effect.gen(function* () {
    yield* addWallets([{ wallet, source: "RECORDING", condition: null }], ["activity"])
    const tracer = yield* ServiceTracer
    const turn = walkWallet(wallet, { pages: pagesATurn, force: true }).pipe(
      tracer.within("ingestion"),
    )
    const began = process.hrtime.bigint()
    yield* Effect.repeat(turn, { while: (outcome) => outcome === "more" })
    return Number(process.hrtime.bigint() - began) / 1e9
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        DataApi.layer.pipe(
          Layer.provide(VenueHttp.layer),
          Layer.provide(unlimited),
          Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.invalid"))),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
        ),
        EventLog.layer,
        Boot.layer,
        tracers,
      ).pipe(
        Layer.provideMerge(
          Database.layer({ file, lane: "evaluation", migrations: migrations.evaluation }),
        ),
        Layer.provideMerge(
          Layer.unwrap(
            Effect.map(loadSettings({ profiles: [], environment: {} }), ({ settings }) =>
              laneSettings(settings),
            ),
          ),
        ),
      ),
    ),
  )

const rowsIn = (file: string): ReadonlyMap<string, Rows> => {
  const database = new DatabaseSync(file, { readOnly: true })
  const found = new Map<string, Rows>()
  for (const table of tables) {
    const statement = database.prepare(`SELECT * FROM ${table}`)
    statement.setReturnArrays(true)
    found.set(table, statement.all() as unknown as Rows)
  }
  database.close()
  return found
}

/** Seconds that `node:sqlite` alone takes for the rows, on a file with schema and PRAGMAs as ours. */
const bare = (file: string, rows: ReadonlyMap<string, Rows>): number => {
  const database = new DatabaseSync(file)
  for (const { name, value } of Database.pragmasFor({
    file,
    lane: "evaluation",
    migrations: migrations.evaluation,
  })) {
    if (name !== "auto_vacuum") database.exec(`PRAGMA ${name} = ${value}`)
  }
  for (const table of tables) database.exec(`DELETE FROM ${table}`)
  const began = process.hrtime.bigint()
  for (const [table, all] of rows) {
    const marks = (all[0] ?? []).map(() => "?").join(", ")
    const insert = database.prepare(`INSERT INTO ${table} VALUES (${marks})`)
    for (let at = 0; at < all.length; at += rowsATransaction) {
      database.exec("BEGIN IMMEDIATE")
      for (const row of all.slice(at, at + rowsATransaction)) insert.run(...row)
      database.exec("COMMIT")
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  database.close()
  return seconds
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) / 2]!

/** The recorded wallet in a folder of its own: walks of it into new files, pages out of memory. */
export const recordedWalks = () => {
  if (!existsSync(recording)) throw new Error(`there is no recording at ${recording}`)
  const world = load({ dir: recording, books: { kind: "recorded" } })
  const lastMs = world.manifest().wallets.reduce((last, one) => Math.max(last, one.lastMs), 0)
  const api = VenueApi.make(world)
  const pages: Array<Buffer> = []
  const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-ingest-"))
  return {
    folder,
    walkInto: (file: string, tracers = ServiceTracer.layer, pagesATurn = 1_000_000) =>
      Effect.runPromise(walk(file, answering(pages, api, lastMs + 1), tracers, pagesATurn)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const bench: Bench = {
  name: "ingest",
  about: "rows a second through client, walk and event log, against node:sqlite alone",
  run: async (say) => {
    const { folder, remove, walkInto } = recordedWalks()
    try {
      const ours: Array<number> = []
      const baseline: Array<number> = []
      const ratios: Array<number> = []
      const warm = join(folder, "warm.db")
      await walkInto(warm)
      const rows = rowsIn(warm)
      const count = rows.get("trades")!.length + rows.get("activity")!.length
      for (let n = 1; n <= runs; n++) {
        const walked = await walkInto(join(folder, `walked-${n}.db`))
        const file = join(folder, `bare-${n}.db`)
        await Effect.runPromise(
          Effect.scoped(
            Layer.build(
              Database.layer({ file, lane: "evaluation", migrations: migrations.evaluation }),
            ),
          ),
        )
        const inserted = bare(file, rows)
        ours.push(count / walked)
        baseline.push(count / inserted)
        ratios.push(inserted / walked)
        say(
          `run ${n} of ${runs}: ${Math.round(count / walked)} rows/s, bare ${Math.round(count / inserted)}`,
        )
      }
      return [
        {
          name: "ingest",
          ratio: median(ratios),
          better: "higher",
          ours: median(ours),
          baseline: median(baseline),
          unit: "rows/s",
          runs,
        },
      ]
    } finally {
      remove()
    }
  },
}
