/**
 * One Prometheus page from several lanes.
 *
 * Each lane formats its own registry; the pages are joined here, family by family, every sample
 * with the lane it came from. A family two lanes disagree about keeps the first type and help.
 *
 * Limits: text format 0.0.4; a page is only as long as the metrics' label values are many.
 */
import type { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"

/** The registry of the lane this runs in, as Prometheus text without the lane label. */
export const lanePage: Effect.Effect<string> = PrometheusMetrics.format()

export const contentType = "text/plain; version=0.0.4; charset=utf-8"

export interface LanePage {
  readonly lane: string
  readonly text: string
}

interface Family {
  readonly heading: Array<string>
  readonly samples: Array<string>
}

const headingPattern = /^# (HELP|TYPE) ([A-Za-z_:][A-Za-z0-9_:]*)/
const samplePattern = /^([A-Za-z_:][A-Za-z0-9_:]*)(\{)?/

const labelled = (sample: string, lane: string): string =>
  sample.replace(samplePattern, (_, name: string, brace: string | undefined) =>
    brace === undefined ? `${name}{lane="${lane}"}` : `${name}{lane="${lane}",`,
  )

/** The pages of all lanes as one page. Lane names are ours and need no escaping. */
export const joinPages = (pages: ReadonlyArray<LanePage>): string => {
  const families = new Map<string, Family>()
  const familyOf = (name: string): Family => {
    const known = families.get(name) ?? { heading: [], samples: [] }
    families.set(name, known)
    return known
  }
  for (const { lane, text } of pages) {
    let current: Family | undefined
    for (const line of text.split("\n")) {
      if (line === "") continue
      const heading = headingPattern.exec(line)
      const name = heading?.[2]
      if (heading === null || name === undefined) {
        current ??= familyOf(samplePattern.exec(line)?.[1] ?? line)
        current.samples.push(labelled(line, lane))
        continue
      }
      current = familyOf(name)
      const said = `# ${heading[1]} `
      if (!current.heading.some((known) => known.startsWith(said))) current.heading.push(line)
    }
  }
  const lines = [...families.values()].flatMap((family) => [...family.heading, ...family.samples])
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`
}

/** The sum of a counter's samples on a page; 0 for one that has not counted yet. */
export const totalOf = (page: string, name: string): number => {
  let total = 0
  for (const line of page.split("\n")) {
    if (samplePattern.exec(line)?.[1] !== name) continue
    total += Number(line.slice(line.lastIndexOf(" ") + 1))
  }
  return total
}
