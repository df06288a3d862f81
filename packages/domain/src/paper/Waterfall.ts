/**
 * The receipt of a copy: what became of a leader's price on its way to our result, bar by bar.
 *
 * `leader` what the shares cost (or brought) at the leader's own price; `latency` what the market's
 * middle had moved by when our order arrived; `spread` from the middle to the best price for us;
 * `depth` from there to what the levels of the book gave; `fee`; for a purchase also `resolution`,
 * what its shares brought after the fees of their sales, and `open`, what is still held at its cost.
 * Positive is good for us. Each bar is computed on its own, from the leader's fill, the book that was
 * kept, the levels taken, the closings; `remainder` is what the ledger says less their sum: 0.
 *
 * A book with one side only has its best price for a middle; without a book (the control) the
 * leader's price is all of it. Unit: millionths of a micro-USDC, so that a price times a size is whole.
 */
import type { Side } from "../trade/Trade.ts"
import type { Take } from "../market/BookWalk.ts"

/** 10⁻¹² USDC. */
export type Pico = bigint

const million = 1_000_000n

export interface Receipt {
  readonly leader: Pico
  readonly latency: Pico
  readonly spread: Pico
  readonly depth: Pico
  readonly fee: Pico
  readonly resolution: Pico
  readonly open: Pico
  readonly remainder: Pico
}

export const bars = [
  "leader",
  "latency",
  "spread",
  "depth",
  "fee",
  "resolution",
  "open",
  "remainder",
] as const satisfies ReadonlyArray<keyof Receipt>

/** A copy that was filled, as its rows tell; micro units. */
export interface FilledCopy {
  readonly side: Side
  readonly leaderPrice: number
  readonly size: number
  readonly takes: ReadonlyArray<Pick<Take, "price" | "size" | "gross" | "fee">>
  /** Of the book the order met; null where there was none. */
  readonly bestBid: number | null
  readonly bestAsk: number | null
  /** What the closings of the purchase brought after the fees of its sales; 0 for a sale. */
  readonly returned: number
  /** What is held of the purchase at its cost with the fee; 0 for a sale. */
  readonly openCost: number
  /** A purchase: profit so far. A sale: what it brought after its fee. */
  readonly result: number
}

const sum = <A>(list: ReadonlyArray<A>, of: (one: A) => bigint): bigint =>
  list.reduce((total, one) => total + of(one), 0n)

export const receiptOf = (copy: FilledCopy): Receipt => {
  const { bestAsk, bestBid, leaderPrice, side, takes } = copy
  // What a share costs counts against a purchase and for a sale.
  const sign = side === "BUY" ? -1n : 1n
  const size = BigInt(copy.size)
  const near = (side === "BUY" ? bestAsk : bestBid) ?? leaderPrice
  const far = (side === "BUY" ? bestBid : bestAsk) ?? near
  const middle = Math.floor((near + far) / 2)
  const leader = sign * size * BigInt(leaderPrice)
  const latency = sign * size * BigInt(middle - leaderPrice)
  const spread = sign * size * BigInt(near - middle)
  const depth =
    sign * sum(takes, (take) => BigInt(take.gross) * million - BigInt(take.size) * BigInt(near))
  const fee = -sum(takes, (take) => BigInt(take.fee)) * million
  const resolution = BigInt(copy.returned) * million
  const open = BigInt(copy.openCost) * million
  const told = leader + latency + spread + depth + fee + resolution + open
  const remainder = BigInt(copy.result) * million - told
  return { leader, latency, spread, depth, fee, resolution, open, remainder }
}

export const noReceipt: Receipt = {
  leader: 0n,
  latency: 0n,
  spread: 0n,
  depth: 0n,
  fee: 0n,
  resolution: 0n,
  open: 0n,
  remainder: 0n,
}

export const addReceipts = (a: Receipt, b: Receipt): Receipt =>
  Object.fromEntries(bars.map((bar) => [bar, a[bar] + b[bar]])) as unknown as Receipt

/** USDC as plain decimal text, exact: six places, more where there is more. */
export const formatPico = (pico: Pico): string => {
  const whole = 1_000_000_000_000n
  const abs = pico < 0n ? -pico : pico
  const places = String(abs % whole).padStart(12, "0")
  return `${pico < 0n ? "-" : ""}${abs / whole}.${places.slice(0, 6)}${places.slice(6).replace(/0+$/, "")}`
}
