/**
 * What we take for granted about the Data API.
 */
import { Effect, Result } from "effect"
import { ledgerRowOf } from "../wire/ActivityRow.ts"
import { isObject } from "../wire/Json.ts"
import { dataEnvelope } from "../wire/Rows.ts"
import type { Probe } from "./Probe.ts"
import { fails, holds, judge, open } from "./Probe.ts"
import type { RawAnswer } from "./Prober.ts"
import { isRefusal, Prober } from "./Prober.ts"
import { rowsIn } from "./Sample.ts"

const typesIn = (json: unknown): ReadonlyArray<string> =>
  Array.from(new Set(rowsIn(json, "data").map((row) => String(row["type"])))).toSorted()

/** Statuses that say something of us or of the moment, and nothing of a route. */
const neitherHereNorGone: ReadonlySet<number> = new Set([401, 403, 408, 425, 429])

type Headers = RawAnswer["headers"]

/** Whether an answer is a copy: out of a cache by its age, or with the trace id of one before. */
const isCopy = (before: Headers, answer: Headers): boolean =>
  Number(answer["age"] ?? 0) > 0 ||
  (answer["x-trace-id"] !== undefined && answer["x-trace-id"] === before["x-trace-id"])

export const dataProbes: ReadonlyArray<Probe> = [
  {
    id: "data-v1-retired",
    assumption: "Data API v1 no longer answers; nothing of ours asks it",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const { status } = yield* (yield* Prober).ask("data", "/trades", [["limit", "1"]])
        const gone = status >= 300 && status < 500 && !neitherHereNorGone.has(status)
        return judge(gone, `GET /trades answers ${status}`)
      }),
  },
  {
    id: "trade-rows-decode",
    assumption: "every row of /v2/trades is one we can read, or a combo",
    needs: ["data"],
    ask: ({ fills, tradeRows }) =>
      Effect.succeed(
        tradeRows.length === 0
          ? fails("no rows at all")
          : judge(
              tradeRows.every(
                (row) =>
                  String(row["condition_id"]).startsWith("0x03") ||
                  fills.some(
                    (fill) => fill.transaction === String(row["transaction_hash"]).toLowerCase(),
                  ),
              ),
              `${fills.length} of ${tradeRows.length} rows read`,
            ),
      ),
  },
  {
    id: "unknown-filter-ignored",
    assumption: "a parameter the venue does not know is ignored with 200: rows must be checked",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const answer = yield* (yield* Prober).ask("data", "/v2/trades", [
          ["conditoin", "0x00"],
          ["limit", "5"],
        ])
        const { fault, json, status } = answer
        const rows = rowsIn(json, "data").length
        if (isRefusal(answer)) return open(`answers ${status}: a typo would be told`)
        return judge(fault === null && rows > 0, fault ?? `${status} with ${rows} rows`)
      }),
  },
  {
    id: "wallet-filter-honoured",
    assumption: "/v2/trades?user= gives that wallet's rows only",
    needs: ["data"],
    ask: ({ fills }) =>
      Effect.gen(function* () {
        const wallet = fills[0]?.wallet
        if (wallet === undefined) return open("no wallet to ask for")
        const { json } = yield* (yield* Prober).askGood("data", "/v2/trades", [
          ["user", wallet],
          ["taker_only", "false"],
          ["limit", "50"],
        ])
        const rows = rowsIn(json, "data")
        const others = rows.filter((row) => String(row["proxy_wallet"]).toLowerCase() !== wallet)
        return judge(
          rows.length > 0 && others.length === 0,
          `${others.length} of ${rows.length} rows of others`,
        )
      }),
  },
  {
    id: "page-limit",
    assumption: "a page of more than 1,000 rows is refused with 400",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const { status } = yield* (yield* Prober).ask("data", "/v2/trades", [["limit", "1001"]])
        return judge(status === 400, `answers ${status}`)
      }),
  },
  {
    id: "activity-types",
    assumption: "we ask for all types and sort them here; whether a list is honoured is unknown",
    needs: ["data"],
    ask: ({ fills }) =>
      Effect.gen(function* () {
        const prober = yield* Prober
        const user = ["user", fills[0]?.wallet ?? ""] as const
        const all = yield* prober.askGood("data", "/v2/activity", [user, ["limit", "500"]])
        // Trades are most rows: whether they are among the answer tells ignored from honoured.
        const two = yield* prober.ask("data", "/v2/activity", [
          user,
          ["type", "REDEEM,MERGE"],
          ["limit", "500"],
        ])
        if (two.fault !== null && !isRefusal(two)) return fails(two.fault)
        const rows = rowsIn(all.json, "data")
        const unread = rows.filter((row) => Result.isFailure(ledgerRowOf(row)))
        const says = `all: ${typesIn(all.json).join(" ")}; REDEEM,MERGE: ${two.status} ${typesIn(two.json).join(" ")}`
        const combos = unread.every((row) => String(row["condition_id"]).startsWith("0x03"))
        return judge(
          rows.length > 0 && combos,
          `${says}; ${unread.length} of ${rows.length} unread`,
        )
      }),
  },
  {
    id: "cache-passed",
    assumption: "a repeated address may bring a copy; another page size never does",
    needs: ["data", "gamma"],
    ask: ({ fills }) =>
      Effect.gen(function* () {
        const prober = yield* Prober
        const seen: Array<string> = []
        let passed = true
        for (const [host, path, query] of [
          ["data", "/v2/trades", []],
          ["data", "/v2/activity", [["user", fills[0]?.wallet ?? ""]]],
          ["data", "/v2/holders", [["condition", fills[0]?.condition ?? ""]]],
          ["data", "/v2/positions", [["user", fills[0]?.wallet ?? ""]]],
          ["gamma", "/markets/keyset", [["closed", "false"]]],
        ] as const) {
          const first = yield* prober.askGood(host, path, [...query, ["limit", "41"]])
          const again = yield* prober.askGood(host, path, [...query, ["limit", "41"]])
          const other = yield* prober.askGood(host, path, [...query, ["limit", "42"]])
          const copied = isCopy(first.headers, again.headers)
          if (isCopy(first.headers, other.headers)) passed = false
          const cache = again.headers["cache-control"] ?? "no cache-control"
          seen.push(
            `${path} ${copied ? "copied" : "fresh"} (${cache}, age ${again.headers["age"] ?? "-"})`,
          )
        }
        return judge(passed, seen.join("; "))
      }),
  },
  {
    id: "buy-minimum",
    assumption: "whether the minimum of a purchase is of shares or of USDC is unknown",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const { json } = yield* (yield* Prober).askGood("data", "/v2/trades", [
          ["side", "BUY"],
          ["taker_only", "true"],
          ["limit", "1000"],
        ])
        const sizes = rowsIn(json, "data").map((row) => {
          const shares = Number(row["size"])
          return { shares, usdc: shares * Number(row["price"]) }
        })
        const below = (unit: "shares" | "usdc", least: number): number =>
          sizes.filter((size) => size[unit] < least).length
        return open(
          `of ${sizes.length} takers' purchases ${below("shares", 5)} are below 5 shares, ${below("usdc", 5)} below 5 USDC, ${below("usdc", 1)} below 1 USDC`,
        )
      }),
  },
  {
    id: "leaderboard-depth",
    assumption: "the board goes on over cursors; how deep is unknown",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const prober = yield* Prober
        let cursor: string | null = null
        let rows = 0
        for (let page = 0; page < 3; page++) {
          const answer: RawAnswer = yield* prober.askGood("data", "/v2/leaderboard", [
            ["time_period", "all"],
            ["limit", "1000"],
            ...(cursor === null ? [] : [["cursor", cursor] as const]),
          ])
          rows += rowsIn(answer.json, "data").length
          cursor = Result.match(dataEnvelope(answer.json), {
            onFailure: () => null,
            onSuccess: ({ nextCursor }) => nextCursor,
          })
          if (cursor === null) break
        }
        return judge(
          rows > 0,
          `${rows} places, ${cursor === null ? "then the end" : "more behind"}`,
        )
      }),
  },
  {
    id: "data-freshness",
    assumption: "/v2/status tells how far the data lies behind",
    needs: ["data"],
    ask: () =>
      Effect.gen(function* () {
        const { json, status } = yield* (yield* Prober).askGood("data", "/v2/status")
        const body = isObject(json) && isObject(json["data"]) ? json["data"] : json
        const serving = isObject(body) ? body["serving"] : undefined
        return isObject(serving)
          ? holds(`lag ${String(serving["lag_seconds"])} s`)
          : fails(`answers ${status} without it`)
      }),
  },
]
