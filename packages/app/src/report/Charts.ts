/**
 * Drawings as inline SVG: pure functions from numbers to text. Nothing outside the text is needed to
 * see them; colours are those of the page's style (`--ink`, `--line`, `--good`, `--bad`, `--soft`).
 */

export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")

const width = 640
const height = 260
const left = 64
const right = 16
const top = 18
const bottom = 38

const at = (value: number): string => String(Math.round(value * 100) / 100)

interface Scale {
  readonly low: number
  readonly high: number
  readonly place: (value: number) => number
}

/** From the values' range, a little wider, to a span of the drawing. */
const scaleOf = (values: ReadonlyArray<number>, from: number, to: number): Scale => {
  const finite = values.filter(Number.isFinite)
  let low = finite.length === 0 ? 0 : Math.min(...finite)
  let high = finite.length === 0 ? 1 : Math.max(...finite)
  if (high - low < 1e-9) {
    low -= 0.5
    high += 0.5
  }
  const margin = (high - low) * 0.06
  low -= margin
  high += margin
  return { low, high, place: (value) => from + ((value - low) / (high - low)) * (to - from) }
}

/** Round values within a scale, about five of them; whole ones for what has no halves. */
const ticks = ({ high, low }: Scale, whole = false): ReadonlyArray<number> => {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const fit = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough)!
  const step = whole ? Math.max(1, Math.round(fit)) : fit
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, n) => (first + n) * step)
}

const svg = (title: string, body: string, tall = height): string =>
  `<svg viewBox="0 0 ${width} ${tall}" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title>${body}</svg>`

const text = (x: number, y: number, said: string, anchor = "middle"): string =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(said)}</text>`

interface Axis {
  readonly scale: Scale
  readonly name: string
  readonly say: (value: number) => string
  /** Only whole values have a meaning. */
  readonly whole?: boolean
}

/** A label near the right edge ends there, or its end would be cut off. */
const below = (x: number, y: number, said: string): string =>
  x > width - right - 36 ? text(width - 2, y, said, "end") : text(x, y, said)

/** Lines across and values at round numbers, and the names of both axes. */
const axes = (x: Axis, y: Axis): string =>
  ticks(y.scale)
    .map((value) => {
      const across = at(y.scale.place(value))
      return `<line class="grid" x1="${left}" x2="${width - right}" y1="${across}" y2="${across}"/>${text(left - 6, y.scale.place(value) + 4, y.say(value), "end")}`
    })
    .concat(
      ticks(x.scale, x.whole).map((value) =>
        below(x.scale.place(value), height - bottom + 18, x.say(value)),
      ),
      x.name === "" ? [] : text(width - right, height - 2, x.name, "end"),
      y.name === "" ? [] : text(2, 11, y.name, "start"),
    )
    .join("")

const path = (points: ReadonlyArray<readonly [number, number]>): string =>
  points.map(([px, py], index) => `${index === 0 ? "M" : "L"}${at(px)} ${at(py)}`).join("")

export interface Line {
  readonly name: string
  /** A class of the page's style. */
  readonly look: string
  readonly values: ReadonlyArray<number>
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

/** Lines over the same days, with a band around the first. */
export const lines = (
  title: string,
  days: ReadonlyArray<string>,
  drawn: ReadonlyArray<Line>,
  band: { readonly low: ReadonlyArray<number>; readonly high: ReadonlyArray<number> },
): string => {
  const x = scaleOf([0, Math.max(1, days.length - 1)], left, width - right)
  const y = scaleOf(
    [0, ...drawn.flatMap((line) => line.values), ...band.low, ...band.high],
    height - bottom,
    top + 16 * drawn.length,
  )
  const pointsOf = (values: ReadonlyArray<number>) =>
    values.map((value, index) => [x.place(index), y.place(value)] as const)
  const area = path([...pointsOf(band.low), ...pointsOf(band.high).toReversed()])
  const legend = drawn
    .map(
      (line, index) =>
        `<line class="${line.look}" x1="${left + 8}" x2="${left + 28}" y1="${8 + index * 16}" y2="${8 + index * 16}"/>${text(left + 34, 12 + index * 16, line.name, "start")}`,
    )
    .join("")
  return svg(
    title,
    `${axes(
      { scale: x, name: "", say: (value) => days[value] ?? "", whole: true },
      { scale: y, name: "", say: percent },
    )}<path class="band" d="${area}Z"/>${drawn.map((line) => `<path class="${line.look}" d="${path(pointsOf(line.values))}"/>`).join("")}${legend}`,
  )
}

export interface Point {
  readonly x: number
  readonly y: number
  readonly xLow?: number
  readonly xHigh?: number
  readonly look: string
  readonly says: string
}

/** Points beside the diagonal on which forecast and outcome agree. */
export const scatter = (
  title: string,
  points: ReadonlyArray<Point>,
  names: { readonly x: string; readonly y: string },
): string => {
  const all = points.flatMap((point) => [point.x, point.xLow ?? point.x, point.xHigh ?? point.x])
  const x = scaleOf([...all, 0], left, width - right)
  const y = scaleOf([...points.map((point) => point.y), 0], height - bottom, top)
  const from = Math.max(x.low, y.low)
  const to = Math.min(x.high, y.high)
  const diagonal =
    from < to
      ? `<line class="control" x1="${at(x.place(from))}" y1="${at(y.place(from))}" x2="${at(x.place(to))}" y2="${at(y.place(to))}"/>`
      : ""
  const marks = points
    .map(
      (point) =>
        `<g class="${point.look}"><line class="whisker" x1="${at(x.place(point.xLow ?? point.x))}" x2="${at(x.place(point.xHigh ?? point.x))}" y1="${at(y.place(point.y))}" y2="${at(y.place(point.y))}"/><circle cx="${at(x.place(point.x))}" cy="${at(y.place(point.y))}" r="4"><title>${escaped(point.says)}</title></circle></g>`,
    )
    .join("")
  return svg(
    title,
    `${axes({ scale: x, name: names.x, say: percent }, { scale: y, name: names.y, say: percent })}${diagonal}${marks}`,
  )
}

export interface Bar {
  readonly name: string
  readonly value: number
  readonly says: string
}

const barHeight = 24

/** Bars from a common left edge. */
export const bars = (title: string, rows: ReadonlyArray<Bar>): string => {
  const most = Math.max(1e-12, ...rows.map((row) => row.value))
  const start = 170
  const span = width - start - 150
  const body = rows
    .map((row, index) => {
      const y = 6 + index * barHeight
      const wide = Math.max(row.value > 0 ? 1 : 0, (row.value / most) * span)
      return `${text(start - 8, y + 15, row.name, "end")}<rect class="bar" x="${start}" y="${y + 3}" width="${at(wide)}" height="${barHeight - 8}"/>${text(start + wide + 8, y + 15, row.says, "start")}`
    })
    .join("")
  return svg(title, body, 12 + rows.length * barHeight)
}

/** Steps that add up from the first to the total, each where the one before ended. */
export const waterfall = (title: string, steps: ReadonlyArray<Bar>): string => {
  let sum = 0
  const placed = steps.map((step) => {
    const before = sum
    sum += step.value
    return { ...step, before, after: sum }
  })
  const total = { name: "result", value: sum, says: "", before: 0, after: sum }
  const x = scaleOf(
    [0, ...placed.flatMap(({ before, after }) => [before, after])],
    110,
    width - 140,
  )
  const body = [...placed, total]
    .map((step, index) => {
      const y = 6 + index * barHeight
      const [a, b] = [x.place(step.before), x.place(step.after)]
      const look = step === total ? "bar" : step.value < 0 ? "loss" : "gain"
      return `${text(102, y + 15, step.name, "end")}<rect class="${look}" x="${at(Math.min(a, b))}" y="${y + 3}" width="${at(Math.max(1, Math.abs(b - a)))}" height="${barHeight - 8}"/>${text(Math.max(a, b) + 8, y + 15, step.says === "" ? sum.toFixed(2) : step.says, "start")}`
    })
    .join("")
  return svg(title, body, 12 + (steps.length + 1) * barHeight)
}
