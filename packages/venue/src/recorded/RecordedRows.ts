/**
 * The rows of `trades/` and `activity/`, compactly, in the order of time; rows of one second keep
 * the order of files and lines. Nothing is removed: a row that stands three times is there three
 * times.
 *
 * A row needs a wallet and a timestamp, else nobody could be told of it; everything else may be
 * missing or odd and is served as it stands.
 */
import type { VenueRow } from "../World.ts"
import { bytes, Dictionary, doubles, integers, words } from "./Columns.ts"
import { lineNumber, placeOf, type Found, type Ledger } from "./Files.ts"

export const TRADES = 0
export const ACTIVITY = 1

const walletPattern = /^0x[0-9a-f]{40}$/i
const hashPattern = /^0x[0-9a-f]{64}$/

export class RecordedRows {
  readonly strings = new Dictionary()
  private readonly feedOf = bytes()
  private readonly typeOf = words()
  private readonly walletOf = integers()
  private readonly sideOf = words()
  private readonly tokenOf = integers()
  private readonly conditionOf = integers()
  private readonly sizeOf = doubles()
  private readonly priceOf = doubles()
  private readonly usdcOf = doubles()
  private readonly atOf = integers()
  private readonly titleOf = integers()
  private readonly slugOf = integers()
  private readonly eventSlugOf = integers()
  private readonly outcomeOf = integers()
  private readonly outcomeIndexOf = words()
  private readonly fileOf = words()
  private readonly lineOf = integers()
  private readonly elementOf = integers()
  private readonly hashOf = bytes()
  /** Values that are not of the usual kind, by row, under their names on the wire. */
  private readonly odd = new Map<number, Record<string, unknown>>()
  private order = new Uint32Array(0)

  get count(): number {
    return this.feedOf.length
  }

  add(found: Found, ledger: Ledger): void {
    const { value, file, line, element } = found
    const wallet = value["proxyWallet"]
    const at = secondsOf(value["timestamp"])
    const isWallet = typeof wallet === "string" && walletPattern.test(wallet)
    if (!isWallet || at === null) {
      const reason = isWallet ? "no usable timestamp" : "no usable wallet"
      return ledger.refuse(file, lineNumber(line, element), reason, JSON.stringify(value))
    }
    const row = this.count
    const odd: Record<string, unknown> = {}
    const text = (name: string, wire: string): number => {
      const given = value[name]
      if (given !== undefined && given !== null && typeof given !== "string") odd[wire] = given
      return this.strings.number(typeof given === "string" ? given : "")
    }
    const amount = (name: string, wire: string): number => {
      const given = value[name]
      if (typeof given === "number") return given
      if (given !== undefined) odd[wire] = given
      return typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN
    }
    const lower = wallet.toLowerCase()
    if (lower !== wallet) odd["proxy_wallet"] = wallet
    this.feedOf.push(found.folder === "trades" ? TRADES : ACTIVITY)
    this.typeOf.push(
      value["type"] === undefined ? this.strings.number("TRADE") : text("type", "type"),
    )
    this.walletOf.push(this.strings.number(lower))
    this.sideOf.push(text("side", "side"))
    this.tokenOf.push(text("asset", "token_id"))
    const condition = value["conditionId"]
    const plain = typeof condition === "string" ? condition.toLowerCase() : ""
    if (condition !== undefined && condition !== plain) odd["condition_id"] = condition
    this.conditionOf.push(this.strings.number(plain))
    this.sizeOf.push(amount("size", "size"))
    this.priceOf.push(amount("price", "price"))
    this.usdcOf.push(amount("usdcSize", "usdc_size"))
    this.atOf.push(at)
    if (typeof value["timestamp"] !== "number" || value["timestamp"] !== at) {
      odd["timestamp"] = value["timestamp"]
    }
    this.titleOf.push(text("title", "title"))
    this.slugOf.push(text("slug", "slug"))
    this.eventSlugOf.push(text("eventSlug", "event_slug"))
    this.outcomeOf.push(text("outcome", "outcome"))
    const index = value["outcomeIndex"]
    const usual = typeof index === "number" && Number.isInteger(index) && index >= 0 && index < 1000
    if (index !== undefined && !usual) odd["outcome_index"] = index
    this.outcomeIndexOf.push(usual ? index : 999)
    this.fileOf.push(this.strings.number(file))
    this.lineOf.push(line)
    this.elementOf.push(element)
    const hash = value["transactionHash"]
    const isHash = typeof hash === "string" && hashPattern.test(hash)
    if (!isHash) odd["transaction_hash"] = hash ?? ""
    const raw = isHash ? Buffer.from(hash.slice(2), "hex") : Buffer.alloc(32)
    for (const byte of raw) this.hashOf.push(byte)
    if (Object.keys(odd).length > 0) this.odd.set(row, odd)
  }

  /** Puts the rows in their final order; call once, after the last {@link add}. */
  seal(): void {
    this.order = Uint32Array.from({ length: this.count }, (_, i) => i)
    this.order.sort((a, b) => this.atOf.get(a) - this.atOf.get(b) || a - b)
  }

  // What follows takes a rank: the place of a row in the order of time.

  at(rank: number): number {
    return this.atOf.get(this.order[rank]!)
  }

  feed(rank: number): number {
    return this.feedOf.get(this.order[rank]!)
  }

  wallet(rank: number): number {
    return this.walletOf.get(this.order[rank]!)
  }

  condition(rank: number): number {
    return this.conditionOf.get(this.order[rank]!)
  }

  token(rank: number): number {
    return this.tokenOf.get(this.order[rank]!)
  }

  type(rank: number): string {
    return this.strings.text(this.typeOf.get(this.order[rank]!))
  }

  side(rank: number): string {
    return this.strings.text(this.sideOf.get(this.order[rank]!))
  }

  outcome(rank: number): string {
    return this.strings.text(this.outcomeOf.get(this.order[rank]!))
  }

  outcomeIndex(rank: number): number {
    return this.outcomeIndexOf.get(this.order[rank]!)
  }

  size(rank: number): number {
    return this.sizeOf.get(this.order[rank]!)
  }

  price(rank: number): number {
    return this.priceOf.get(this.order[rank]!)
  }

  /** The first rank whose time is not before some second. */
  firstAt(seconds: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.at(middle) < seconds) low = middle + 1
      else high = middle
    }
    return low
  }

  row(rank: number): VenueRow {
    const row = this.order[rank]!
    const text = (number: number) => this.strings.text(number)
    const hash = Buffer.alloc(32)
    for (let i = 0; i < 32; i++) hash[i] = this.hashOf.get(row * 32 + i)
    const usdc = this.usdcOf.get(row)
    const atSeconds = this.atOf.get(row)
    const odd = this.odd.get(row)
    return {
      position: rank,
      type: text(this.typeOf.get(row)),
      wallet: text(this.walletOf.get(row)),
      side: text(this.sideOf.get(row)),
      token: text(this.tokenOf.get(row)),
      condition: text(this.conditionOf.get(row)),
      size: this.sizeOf.get(row),
      price: this.priceOf.get(row),
      usdc: Number.isNaN(usdc) ? this.sizeOf.get(row) * this.priceOf.get(row) : usdc,
      atSeconds,
      visibleMs: atSeconds * 1000,
      title: text(this.titleOf.get(row)),
      slug: text(this.slugOf.get(row)),
      eventSlug: text(this.eventSlugOf.get(row)),
      outcome: text(this.outcomeOf.get(row)),
      outcomeIndex: this.outcomeIndexOf.get(row),
      transaction: `0x${hash.toString("hex")}`,
      pseudonym: "",
      recorded: placeOf(text(this.fileOf.get(row)), this.lineOf.get(row), this.elementOf.get(row)),
      ...(odd === undefined ? {} : { odd }),
    }
  }
}

/** Unix seconds of a timestamp between 1970 and 2100, as a number or digits; else `null`. */
const secondsOf = (given: unknown): number | null => {
  const number = typeof given === "string" && given.trim() !== "" ? Number(given) : given
  return typeof number === "number" && number > 0 && number < 4_102_444_800
    ? Math.floor(number)
    : null
}
