/**
 * Market facts out of `markets/`: rows as Gamma sends them, or events with their markets inside.
 * The last description of a condition wins. Long texts and pictures are left behind.
 */
import type { Fee, VenueEvent, VenueMarket } from "../World.ts"
import type { Found, Ledger } from "./Files.ts"
import { instantOf } from "./Instants.ts"

type Json = Readonly<Record<string, unknown>>

/** A market with what the recording knew of its state. */
export interface RecordedMarket extends VenueMarket {
  readonly closedMs: number | null
  /** Prices in outcome order when it was recorded; empty when it did not say. */
  readonly recordedPrices: ReadonlyArray<number>
  readonly recordedClosed: boolean
  readonly bestBid: number | null
  readonly bestAsk: number | null
  readonly volume: number
  readonly volume24h: number
  readonly liquidity: number
}

/** Fields that pass through as they are. */
const passed = [
  "groupItemTitle",
  "groupItemThreshold",
  "resolutionSource",
  "sportsMarketType",
  "line",
  "gameId",
  "gameStartTime",
  "eventStartTime",
  "feesEnabled",
  "feeType",
  "volume1wk",
  "volume1mo",
  "synthesised",
]

export class RecordedMarkets {
  private readonly described = new Map<string, readonly [market: Json, event: Json | null]>()

  add(found: Found, ledger: Ledger): void {
    const nested = found.value["markets"]
    if (Array.isArray(nested) && typeof found.value["conditionId"] !== "string") {
      for (const market of nested) {
        if (typeof market === "object" && market !== null) {
          this.describe(market as Json, found.value, found, ledger)
        }
      }
    } else this.describe(found.value, null, found, ledger)
  }

  private describe(market: Json, event: Json | null, found: Found, ledger: Ledger): void {
    const condition = text(market["conditionId"]).toLowerCase()
    if (!/^0x[0-9a-f]{64}$/.test(condition)) {
      if (event === null) ledger.ignore(found.file, "no condition id")
    } else
      this.described.set(condition, [slim(market), event === null ? firstEvent(market) : event])
  }

  /** All markets in the order in which they were described; `firstSeenMs` is a condition's first row. */
  build(firstSeenMs: (condition: string) => number | null): ReadonlyArray<RecordedMarket> {
    const events = new Map<string, { event: VenueEvent; markets: Array<RecordedMarket> }>()
    const all: Array<RecordedMarket> = []
    for (const [condition, [market, given]] of this.described) {
      const slug = text(given?.["slug"]) || text(market["slug"]) || condition
      const known = events.get(slug) ?? emptyEvent(slug, market, given)
      events.set(slug, known)
      const made = toMarket(all.length, condition, market, known.event, firstSeenMs(condition))
      known.markets.push(made)
      all.push(made)
    }
    this.described.clear()
    return all
  }
}

const emptyEvent = (slug: string, market: Json, given: Json | null) => {
  const markets: Array<RecordedMarket> = []
  const event: VenueEvent = {
    id: text(given?.["id"]),
    slug,
    title: text(given?.["title"]) || text(market["question"]),
    domain:
      text(market["category"]) || text(given?.["category"]) || firstTag(market) || firstTag(given),
    negRisk: market["negRisk"] === true,
    negRiskMarketId: text(market["negRiskMarketID"]),
    markets,
  }
  return { event, markets }
}

const toMarket = (
  index: number,
  condition: string,
  market: Json,
  event: VenueEvent,
  firstSeenMs: number | null,
): RecordedMarket => {
  const listed = instantOf(market["startDate"]) ?? instantOf(market["createdAt"]) ?? 0
  const described: Record<string, unknown> = {}
  for (const name of passed) if (market[name] !== undefined) described[name] = market[name]
  return {
    index,
    id: text(market["id"]),
    condition,
    questionId: text(market["questionID"]),
    question: text(market["question"]) || text(market["title"]),
    slug: text(market["slug"]),
    event,
    outcomes: listIn(market["outcomes"]),
    tokens: listIn(market["clobTokenIds"]),
    tick: numberIn(market["orderPriceMinTickSize"]) ?? 0.01,
    minimumSize: numberIn(market["orderMinSize"]) ?? 5,
    fee: feeOf(market),
    delaySeconds: numberIn(market["secondsDelay"]) ?? 0,
    listedMs: Math.min(listed, firstSeenMs ?? listed),
    endMs: instantOf(market["endDate"]),
    described,
    closedMs: instantOf(market["closedTime"]) ?? instantOf(market["umaEndDate"]),
    recordedPrices: listIn(market["outcomePrices"]).map(Number).filter(Number.isFinite),
    recordedClosed: market["closed"] === true,
    bestBid: numberIn(market["bestBid"]),
    bestAsk: numberIn(market["bestAsk"]),
    volume: numberIn(market["volumeNum"]) ?? numberIn(market["volume"]) ?? 0,
    volume24h: numberIn(market["volume24hr"]) ?? 0,
    liquidity: numberIn(market["liquidityNum"]) ?? numberIn(market["liquidity"]) ?? 0,
  }
}

const feeOf = (market: Json): Fee | null => {
  const schedule = market["feeSchedule"]
  if (typeof schedule !== "object" || schedule === null) return null
  const { rate, exponent, rebateRate } = schedule as Json
  const found = numberIn(rate)
  return found === null
    ? null
    : {
        type: text(market["feeType"]),
        rate: found,
        exponent: numberIn(exponent) ?? 1,
        rebate: numberIn(rebateRate) ?? 0,
      }
}

/** A copy without the texts and pictures that nobody serves. */
const slim = (market: Json): Json => {
  const { description: _, image: __, icon: ___, clobRewards: ____, ...kept } = market
  return kept
}

const firstEvent = (market: Json): Json | null => {
  const events = market["events"]
  return Array.isArray(events) && typeof events[0] === "object" ? (events[0] as Json | null) : null
}

const firstTag = (of: Json | null): string => {
  const tags = of?.["tags"]
  const tag: unknown = Array.isArray(tags) ? tags[0] : undefined
  return typeof tag === "object" && tag !== null ? text((tag as Json)["label"]) : ""
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "")

const numberIn = (value: unknown): number | null => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : null
}

/** A list of texts, given as an array or as JSON inside a string. */
const listIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.map(String)
  if (typeof value !== "string" || !value.trim().startsWith("[")) return []
  return (value.match(/"(?:[^"\\]|\\.)*"|[\d.]+/g) ?? []).map((part) =>
    part.startsWith('"') ? (JSON.parse(part) as string) : part,
  )
}
