/**
 * The review of a copy in plain words: the gates with value and limit, what sized it, and what of the
 * replicas it rested on.
 */
import { Schema } from "effect"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { gatesByName } from "@evaluator/domain/paper/GateList"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { KeptReview } from "./Review.ts"
import { beyond, many, usd } from "./Words.ts"

type Row = Readonly<Record<string, Cell | Uint8Array>>

/** Amounts are stored as millionths. */
const storedUnit = (unit: string | null): string | null =>
  unit === "usdc" ? "micro-USDC" : unit === "shares" ? "micro-shares" : unit

const decodeReview = Schema.decodeSync(Schema.fromJsonString(KeptReview))

const theMarket = (known: (typeof KeptReview.Type)["market"]): string => {
  if (known === null) return "Nothing was known of the market."
  const seq = known.seq === null ? "" : `, seq ${known.seq}`
  const from =
    known.source === "venue" ? "the venue" : `the evaluation lane (${known.source}${seq})`
  return `What was known of the market came from ${from} ${known.ageMs / 1000} s earlier.`
}

const theSize = (size: (typeof KeptReview.Type)["size"]): ReadonlyArray<string> =>
  size === undefined
    ? []
    : size.rule === "least"
      ? [
          `Its size before the caps is the least, for the leader's bankroll was not known: ${usd(size.wanted)}.`,
        ]
      : size.bankroll === null || size.ageMs === null
        ? [`Its size before the caps is flat: ${usd(size.wanted)}.`]
        : [
            `Its size before the caps is ${usd(size.wanted)}, in proportion to the leader's bankroll of at least ${usd(size.bankroll)}, told ${size.ageMs / 1000} s earlier.`,
          ]

export const theReview = (copy: Row): ReadonlyArray<Section> => {
  if (copy.review === null) return []
  const { followSeq, gates, market, size } = decodeReview(String(copy.review))
  const refused = copy.gate === null ? undefined : gates.at(-1)
  const [name = "", value = 0, limit = 0] = refused ?? []
  const unit = gatesByName.get(name)?.unit ?? "count"
  const order =
    copy.side === "BUY" ? `buy for up to ${usd(copy.budget)}` : `sell ${many(copy.offered)}`
  return [
    {
      title: "Reviewed",
      says: [
        refused === undefined
          ? `All ${gates.length} gates passed: ${order}, at ${formatMicro(Number(copy.limit_price))} or better.`
          : `After ${gates.length - 1} gates that passed, ${name} refused${beyond(unit, value, limit)}.`,
        ...theSize(size),
        theMarket(market),
        ...(followSeq == null ? [] : [`The follow it rests on came with seq ${followSeq}.`]),
      ],
      rows: gates.map((one) => ({
        gate: one[0],
        level: gatesByName.get(one[0])?.level ?? null,
        unit: storedUnit(gatesByName.get(one[0])?.unit ?? null),
        value: one[1],
        limit: one[2],
        passed: one === refused ? 0 : 1,
      })),
    },
  ]
}
