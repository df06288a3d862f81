/**
 * What we take for granted about Gamma and the CLOB.
 */
import { Effect, Result } from "effect"
import { isObject } from "../wire/Json.ts"
import { marketOfRow } from "../wire/MarketRow.ts"
import { numberOf } from "../wire/Scalar.ts"
import type { Probe } from "./Probe.ts"
import { fails, holds, judge, open } from "./Probe.ts"
import { Prober } from "./Prober.ts"
import { rowsIn, tokensOf } from "./Sample.ts"

/** `a 3, b 1`: how often each value stands there. */
const tally = (values: ReadonlyArray<unknown>): string => {
  const counts = new Map<string, number>()
  for (const value of values) {
    const text = value === undefined ? "(absent)" : String(value)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return Array.from(counts, ([text, count]) => `${text} ${count}`).join(", ")
}

const numbers = (levels: unknown): ReadonlyArray<number> =>
  Array.isArray(levels)
    ? levels.flatMap((level) => {
        const price = isObject(level) ? numberOf(String(level["price"])) : null
        return price === null ? [] : [price]
      })
    : []

const rises = (prices: ReadonlyArray<number>): boolean =>
  prices.every((price, at) => at === 0 || price >= prices[at - 1]!)

export const marketProbes: ReadonlyArray<Probe> = [
  {
    id: "market-versions",
    assumption: "markets are of protocol version v1 or v2, and all open ones can be read",
    needs: ["gamma"],
    ask: ({ marketRows, markets }) =>
      Effect.sync(() => {
        const refused = marketRows.flatMap((row) => {
          const read = marketOfRow(row)
          return Result.isFailure(read) ? [read.failure] : []
        })
        const says = `versions ${tally(marketRows.map((row) => row["version"]))}; ${markets.length} of ${marketRows.length} read`
        const odd = refused.filter((why) => !why.startsWith("not binary"))
        return judge(
          markets.length > 0 && odd.length === 0,
          odd.length === 0 ? says : `${says}; ${tally(odd)}`,
        )
      }),
  },
  {
    id: "resolution-words",
    assumption: "closed markets are listed with closed=true; payouts come from /v2/resolutions",
    needs: ["gamma", "data"],
    ask: ({ marketRows }) =>
      Effect.gen(function* () {
        const prober = yield* Prober
        const { json } = yield* prober.askGood("gamma", "/markets/keyset", [
          ["limit", "100"],
          ["closed", "true"],
          ["order", "endDate"],
          ["ascending", "false"],
        ])
        const rows = rowsIn(json, "markets")
        const condition = rows.map((row) => row["conditionId"]).find((id) => typeof id === "string")
        const told = yield* prober.askGood("data", "/v2/resolutions", [
          ["condition", String(condition)],
        ])
        const statuses = rowsIn(told.json, "data").map((row) => row["status"])
        const says = `umaResolutionStatus ${tally(rows.map((row) => row["umaResolutionStatus"]))}; resolutionStatus ${tally(rows.map((row) => row["resolutionStatus"]))}, of open ones ${tally(marketRows.map((row) => row["resolutionStatus"]))}; /v2/resolutions ${told.status} ${tally(statuses)}`
        return judge(rows.length > 0 && rows.every((row) => row["closed"] === true), says)
      }),
  },
  {
    id: "repeats-a-call",
    assumption: "twenty condition ids or slugs a call are answered in full; more may be",
    needs: ["gamma"],
    ask: ({ marketRows }) =>
      Effect.gen(function* () {
        const prober = yield* Prober
        const got: Array<string> = []
        let full = marketRows.length > 0
        for (const [parameter, field] of [
          ["condition_ids", "conditionId"],
          ["slug", "slug"],
        ] as const) {
          const known = marketRows.map((row) => String(row[field]))
          for (const count of [20, 40, 60].filter((each) => each === 20 || each <= known.length)) {
            const asked = known.slice(0, count)
            const { fault, json, status } = yield* prober.ask("gamma", "/markets/keyset", [
              ["limit", "100"],
              ["closed", "false"],
              ...asked.map((value) => [parameter, value] as const),
            ])
            if (count === 20 && fault !== null) return fails(fault)
            const rows = rowsIn(json, "markets").length
            const answered = fault === null ? rows : `answers ${status} instead`
            got.push(`${answered} of ${asked.length} by ${parameter}`)
            if (count === 20 && rows !== asked.length) full = false
          }
        }
        return judge(full, got.join(", "))
      }),
  },
  {
    id: "gamma-page-cut",
    assumption: "Gamma cuts a page to 100 without saying so",
    needs: ["gamma"],
    ask: () =>
      Effect.gen(function* () {
        const { json, status } = yield* (yield* Prober).askGood("gamma", "/markets/keyset", [
          ["limit", "500"],
        ])
        const rows = rowsIn(json, "markets").length
        return judge(rows > 0 && rows <= 100, `${status} with ${rows} rows for 500`)
      }),
  },
  {
    id: "best-level-last",
    assumption: "bids rise and asks fall, the best level is last (we sort anyway)",
    needs: ["gamma", "clob"],
    ask: (sample) =>
      Effect.gen(function* () {
        const tokens = tokensOf(sample, 20)
        const { json, status } = yield* (yield* Prober).askGood(
          "clob",
          "/books",
          [],
          tokens.map((token) => ({ token_id: token })),
        )
        if (!Array.isArray(json) || json.length === 0) return fails(`no books, ${status}`)
        const books = json.filter(isObject)
        const last = books.filter(
          ({ asks, bids }) => rises(numbers(bids)) && rises(numbers(asks).toReversed()),
        )
        return judge(
          last.length === books.length,
          `${last.length} of ${books.length} books; ${tokens.length} tokens asked for`,
        )
      }),
  },
  {
    id: "midpoint-key",
    assumption: "/midpoint answers with the key mid; nothing of ours asks it",
    needs: ["gamma", "clob"],
    ask: (sample) =>
      Effect.gen(function* () {
        const { fault, json, status } = yield* (yield* Prober).ask("clob", "/midpoint", [
          ["token_id", tokensOf(sample, 1)[0] ?? ""],
        ])
        if (status === 404) return open("no book to have a midpoint")
        return fault === null && isObject(json)
          ? judge("mid" in json, `keys ${Object.keys(json).join(" ")}`)
          : fails(fault ?? "no object")
      }),
  },
  {
    id: "trading-parameters-agree",
    assumption: "Gamma, the CLOB's market and its book tell the same tick, minimum and fee",
    needs: ["gamma", "clob"],
    ask: (sample) =>
      Effect.gen(function* () {
        const prober = yield* Prober
        const differing: Array<string> = []
        const delays: Array<unknown> = []
        const looked = sample.markets.slice(0, 5)
        if (looked.length === 0) return open("no market to look at")
        for (const market of looked) {
          const { json } = yield* prober.askGood("clob", `/clob-markets/${market.condition}`)
          if (!isObject(json)) {
            differing.push(market.slug)
            continue
          }
          const fee = isObject(json["fd"]) ? Number(json["fd"]["r"]) * 1e6 : 0
          delays.push(`${market.delayMs} ms${json["itode"] === true ? " itode" : ""}`)
          const same =
            Math.round(Number(json["mts"]) * 1e6) === market.tick &&
            Math.round(Number(json["mos"]) * 1e6) === market.minimumSize &&
            Math.round(fee) === market.fee.rate
          if (!same) differing.push(market.slug)
        }
        const says = `${looked.length - differing.length} of ${looked.length} agree; taker delays ${tally(delays)}`
        return judge(
          differing.length === 0,
          differing.length === 0 ? says : `${says}; not ${differing.join(" ")}`,
        )
      }),
  },
  {
    id: "clock",
    assumption: "our clock is within two seconds of the venue's",
    needs: ["clob"],
    ask: () =>
      Effect.gen(function* () {
        const { elapsedMs, json, receivedMs } = yield* (yield* Prober).askGood("clob", "/time")
        const seconds = numberOf(String(json))
        if (seconds === null) return fails("no time")
        // The second is cut: on average half of one is missing.
        const offsetMs = Math.round(seconds * 1000 + 500 - (receivedMs - elapsedMs / 2))
        return Math.abs(offsetMs) <= 2000 + elapsedMs / 2
          ? holds(`off by ${offsetMs} ms, ± ${500 + Math.round(elapsedMs / 2)}`)
          : fails(`off by ${offsetMs} ms: the venue's times and ours cannot be compared`)
      }),
  },
]
