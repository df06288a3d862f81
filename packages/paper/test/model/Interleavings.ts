/**
 * What fills that come at once may come to: the ends of all orders in which they can be decided, each
 * of them filled or still on its way when a later purchase is.
 *
 * Fills of one token are decided as they came. Ends that are alike count once.
 */
import { type Deed, type Lot, PaperModel } from "./PaperModel.ts"

const copyOf = (model: PaperModel): PaperModel =>
  Object.assign(new PaperModel(), structuredClone({ ...model }))

const subsets = <A>(of: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  of.reduce<ReadonlyArray<ReadonlyArray<A>>>(
    (all, one) => [...all, ...all.map((some) => [...some, one])],
    [[]],
  )

const isSameToken = (a: Deed, b: Deed) => a.market === b.market && a.outcome === b.outcome

interface Way {
  readonly model: PaperModel
  readonly left: ReadonlyArray<Deed>
  /** What those of the fills decided so far may still be to do: a purchase, or a sale of lots as they were. */
  readonly sent: ReadonlyArray<Sent>
}
type Sent = { readonly purchase: string } | { readonly sold: ReadonlyArray<Lot> }

/** Each lot as it was before the first of the sales. */
const unsoldOf = (pending: ReadonlyArray<Sent>): ReadonlyArray<Lot> => [
  ...new Map(
    pending
      .flatMap((one) => ("sold" in one ? one.sold : []))
      .toReversed()
      .map((lot) => [lot.id, lot]),
  ).values(),
]

const sentBy = (deed: Deed, before: PaperModel, after: PaperModel): ReadonlyArray<Sent> => {
  if (after.outcomes.get(deed.id) !== "COPIED") return []
  if (deed.side === "BUY") return [{ purchase: deed.id }]
  const sizes = new Map(after.lots.map(({ id, size }) => [id, size]))
  return [{ sold: structuredClone(before.lots.filter(({ id, size }) => size !== sizes.get(id))) }]
}

const stepsFrom = ({ model, left, sent }: Way): ReadonlyArray<Way> =>
  left
    .filter((deed, at) => !left.slice(0, at).some((earlier) => isSameToken(earlier, deed)))
    .flatMap((deed) =>
      subsets(deed.side === "BUY" ? sent : []).map((pending) => {
        const next = copyOf(model)
        next.pending = new Set(pending.flatMap((one) => ("sold" in one ? [] : [one.purchase])))
        next.unsold = unsoldOf(pending)
        next.deed(deed)
        Object.assign(next, { pending: new Set(), unsold: [] })
        return {
          model: next,
          left: left.filter((one) => one !== deed),
          sent: [...sent, ...sentBy(deed, model, next)],
        }
      }),
    )

const nameOf = ({ model, left }: Way): string =>
  JSON.stringify([model.lots, [...model.outcomes].toSorted(), left.map(({ id }) => id)])

export const endsOf = (
  model: PaperModel,
  deeds: ReadonlyArray<Deed>,
): ReadonlyArray<PaperModel> => {
  let ways: ReadonlyArray<Way> = [{ model, left: deeds, sent: [] }]
  for (const _ of deeds) {
    const steps = ways.flatMap(stepsFrom)
    ways = [...new Map(steps.map((way) => [nameOf(way), way])).values()]
  }
  return ways.map((way) => way.model)
}
