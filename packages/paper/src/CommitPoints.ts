/**
 * Every place where the fast lane commits to paper.db, by name. The proof `crash-table` kills and
 * interrupts the lane at each of them, and fails when one is not passed.
 */
import type { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { committing } from "@evaluator/runtime/CommitName"

/** What has happened once the commit of a point succeeded. */
export const commitPoints = {
  detect: "a fill that the stream or a poll brought is a row",
  exit: "a leader's way out is a row of each strategy that holds the token or knew the leader to",
  fund: "the book of the portfolio has its bankroll",
  decide:
    "the copies of a fill are reviewed and money or shares promised to them, or they are skipped",
  price: "the book a copy met is kept with it",
  fill: "a copy is filled and its promise posted",
  "fill-at-leader": "a copy of `careless` is filled at the leader's price",
  skip: "a copy is skipped and its promise taken back",
  "undo-begins": "a copy whose step broke is compensating",
  undo: "its promise is taken back",
  stuck: "its promise could not be taken back",
  "free-stuck": "an owner freed a stuck copy",
  "learn-market": "the venue said what a market is that nobody had told of",
  "refresh-facts": "the venue renewed the facts of markets that are held or watched",
  settle: "open lots of a resolved market are paid, paid ones corrected",
  poll: "a poll went through, and how far the wallet's fills are known",
  "poll-failed": "a poll failed, and when the next is due",
  quarantine: "rows of a page or of the stream that cannot be used are kept",
  look: "a poll looked for fills that only the stream has shown: they are certain, missed or failed",
  "look-later": "what a purchase would have got had it come later is kept beside it",
  "take-back": "purchases that followed a failed fill are taken back",
  halt: "a strategy is halted",
  resume: "a strategy copies again",
  refill: "a page of the other lane's truth is in the replicas",
} as const

export type CommitPoint = keyof typeof commitPoints

/** A transaction whose commit has that name; inside another one it is a part of it. */
export const transacting =
  (sql: SqlClient.SqlClient, point: CommitPoint) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    committing(point)(sql.withTransaction(effect))
