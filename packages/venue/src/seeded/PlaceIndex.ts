/**
 * Where in a span the rows of one trader or of one market stand, without reading the others.
 *
 * Made when first asked for, by a stable sort of the places, and let go of with the span: two bytes a
 * row, four in a span of more than 65,536.
 */
import type { Columns } from "./Sink.ts"

type Places = Uint16Array | Uint32Array

export class PlaceIndex {
  readonly column: "trader" | "market"
  private readonly known = new WeakMap<Columns, Places>()

  constructor(column: "trader" | "market") {
    this.column = column
  }

  /** All places, those of each key together and ascending. */
  of(columns: Columns): Places {
    return this.known.get(columns) ?? this.sorted(columns)
  }

  /** Where in {@link of} a key's places from one place on begin. */
  from(columns: Columns, key: number, place: number): number {
    const places = this.of(columns)
    const keys = columns[this.column]
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >> 1
      const at = places[middle]!
      const other = keys[at]!
      if (other < key || (other === key && at < place)) low = middle + 1
      else high = middle
    }
    return low
  }

  private sorted(columns: Columns): Places {
    const { count } = columns
    const keys = columns[this.column]
    let most = 0
    for (let place = 0; place < count; place++) most = Math.max(most, keys[place]!)
    const starts = new Uint32Array(most + 2)
    for (let place = 0; place < count; place++) starts[keys[place]! + 1]!++
    for (let key = 1; key < starts.length; key++) starts[key]! += starts[key - 1]!
    const places = count <= 65_536 ? new Uint16Array(count) : new Uint32Array(count)
    for (let place = 0; place < count; place++) places[starts[keys[place]!]!++] = place
    this.known.set(columns, places)
    return places
  }
}
