/**
 * What fills that come at once may come to: the ends of all orders in which they can be decided, each
 * purchase among them filled or still on its way when a later one is.
 *
 * Fills of one token are decided as they came. Ends that are alike count once.
 */
import { type Deed, PaperModel } from "./PaperModel.ts"

const copyOf = (model: PaperModel): PaperModel =>
  Object.assign(new PaperModel(), structuredClone({ ...model }))

const subsets = (of: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  of.reduce<ReadonlyArray<ReadonlyArray<string>>>(
    (all, one) => [...all, ...all.map((some) => [...some, one])],
    [[]],
  )

const isSameToken = (a: Deed, b: Deed) => a.market === b.market && a.outcome === b.outcome

interface Way {
  readonly model: PaperModel
  readonly left: ReadonlyArray<Deed>
  /** Purchases among the fills decided so far. */
  readonly bought: ReadonlyArray<string>
}

const stepsFrom = ({ model, left, bought }: Way): ReadonlyArray<Way> =>
  left
    .filter((deed, at) => !left.slice(0, at).some((earlier) => isSameToken(earlier, deed)))
    .flatMap((deed) =>
      subsets(deed.side === "BUY" ? bought : []).map((pending) => {
        const next = copyOf(model)
        next.pending = new Set(pending)
        next.deed(deed)
        next.pending = new Set()
        const copied = deed.side === "BUY" && next.outcomes.get(deed.id) === "COPIED"
        return {
          model: next,
          left: left.filter((one) => one !== deed),
          bought: copied ? [...bought, deed.id] : bought,
        }
      }),
    )

const nameOf = ({ model, left }: Way): string =>
  JSON.stringify([model.lots, [...model.outcomes].toSorted(), left.map(({ id }) => id)])

export const endsOf = (
  model: PaperModel,
  deeds: ReadonlyArray<Deed>,
): ReadonlyArray<PaperModel> => {
  let ways: ReadonlyArray<Way> = [{ model, left: deeds, bought: [] }]
  for (const _ of deeds) {
    const steps = ways.flatMap(stepsFrom)
    ways = [...new Map(steps.map((way) => [nameOf(way), way])).values()]
  }
  return ways.map((way) => way.model)
}
