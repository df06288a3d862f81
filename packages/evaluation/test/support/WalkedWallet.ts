/**
 * One watched wallet and walks over its feeds.
 */
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { fill, walletNo } from "./Rows.ts"

export const wallet = walletNo(1)

export const watch = (feeds: ReadonlyArray<"activity" | "trades"> = ["activity"]) =>
  addWallets([{ wallet, source: "HOLDER", condition: null }], feeds)

export const walk = (options: { readonly pages?: number } = {}) =>
  walkWallet(wallet, { pages: options.pages ?? 10, force: true })

/** Fills of distinct transactions, a second apart. */
export const fills = (n: number, fromMs = 1_000_000) =>
  Array.from({ length: n }, (_, index) => fill({ tx: index + 1, atMs: fromMs + index * 1000 }))
