/**
 * What the wallets of a world truly are and what their purchases were truly worth: for judging
 * judgements. It is reached in process only; the venue's surface never sees it.
 */
import type { Calendar, SeededMarket } from "./Calendar.ts"
import type { Behaviour } from "./Behaviour.ts"
import { drawWins } from "./Choice.ts"
import { knowsTheEnd } from "./Participation.ts"
import type { Trader } from "./Traders.ts"

export interface WalletTruth {
  readonly wallet: string
  /** Name of its behaviour. */
  readonly behaviour: string
  readonly standing: Behaviour["standing"]
  /**
   * How much more often its purchases win than a fair price says, in price units; `null` where that
   * differs from purchase to purchase ({@link GroundTruth.winChance}).
   */
  readonly edge: number | null
  /** The wallets it acts together with, itself included; alone, only itself. */
  readonly group: ReadonlyArray<string>
  readonly fromMs: number
  /** `Infinity` = never stops. */
  readonly untilMs: number
}

export interface GroundTruth {
  /** In the order of the world's wallets. */
  readonly wallets: ReadonlyArray<WalletTruth>
  readonly of: (wallet: string) => WalletTruth | undefined
  /** Probability of an outcome given all that is out at a moment; `null` for an unknown condition. */
  readonly fair: (condition: string, outcomeIndex: number, atMs: number) => number | null
  /**
   * Probability that a purchase by a wallet wins, given that this wallet made it: the fair value,
   * plus the edge of a trader that draws, or the fair value as far ahead as the trader sees. Halves
   * paid by split markets are left out. `null` for an unknown wallet or condition.
   */
  readonly winChance: (
    wallet: string,
    condition: string,
    outcomeIndex: number,
    atMs: number,
  ) => number | null
}

export const groundTruth = (calendar: Calendar, traders: ReadonlyArray<Trader>): GroundTruth => {
  const byWallet = new Map(traders.map((trader) => [trader.wallet, trader]))
  const groups = Map.groupBy(traders, ({ groupSeed }) => groupSeed)
  const wallets = traders.map((trader): WalletTruth => {
    const { wallet, behaviour, fromMs, untilMs } = trader
    return {
      wallet,
      behaviour: behaviour.name,
      standing: behaviour.standing,
      edge: behaviour.choice === "draw" ? trader.edge : null,
      group: groups.get(trader.groupSeed)!.map((member) => member.wallet),
      fromMs,
      untilMs,
    }
  })
  const truths = new Map(wallets.map((truth) => [truth.wallet, truth]))
  const fair = (market: SeededMarket, outcomeIndex: number, atMs: number): number => {
    const first = market.path.fair(market.hypothesis, Math.min(atMs, market.closeMs))
    return outcomeIndex === 0 ? first : 1 - first
  }
  return {
    wallets,
    of: (wallet) => truths.get(wallet),
    fair: (condition, outcomeIndex, atMs) => {
      const market = calendar.byCondition.get(condition)
      return market === undefined ? null : fair(market, outcomeIndex, atMs)
    },
    winChance: (wallet, condition, outcomeIndex, atMs) => {
      const trader = byWallet.get(wallet)
      const market = calendar.byCondition.get(condition)
      if (trader === undefined || market === undefined) return null
      if (knowsTheEnd(trader, market)) return market.winner === outcomeIndex ? 1 : 0
      const { choice } = trader.behaviour
      if (choice === "draw") {
        return drawWins(fair(market, 0, atMs), trader.edge, outcomeIndex)
      }
      const ahead = choice === "value" && trader.clarity > 0 ? trader.leadMs : 0
      return fair(market, outcomeIndex, atMs + ahead)
    },
  }
}
