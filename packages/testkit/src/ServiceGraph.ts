/**
 * How Tempo's metrics generator makes a service graph of spans, as a model: which edges it would draw.
 *
 * After modules/generator/processor/servicegraphs of grafana/tempo (ad33aa8faf): a node is a Resource's
 * `service.name`; a client half (CLIENT, PRODUCER) is known by its own span id, a server half (SERVER,
 * CONSUMER) by its *parent's*; links and INTERNAL spans are never looked at. A half waits `waitMs` for
 * the other. Then a client half with a peer still draws its edge, a server half that is a root draws
 * one from `user`, anything else is lost. A database attribute completes a client half at once.
 */
export interface GraphSpan {
  readonly service: string | undefined
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** 1 INTERNAL, 2 SERVER, 3 CLIENT, 4 PRODUCER, 5 CONSUMER. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly resource: Readonly<Record<string, string | undefined>>
  readonly endMs: number
}

export interface ServiceGraph {
  /** `client -> server (type)` with how often. */
  readonly edges: Readonly<Record<string, number>>
  /** Server halves with a parent that never came. */
  readonly lost: number
}

interface Half {
  client: string | undefined
  server: string | undefined
  type: string
  peer: string | undefined
  root: boolean
  readonly expiresMs: number
}

const peerKeys = ["peer.service", "db.name", "db.system", "db.system.name"]
const databaseKeys = ["db.namespace", "db.name", "db.system", "db.system.name"]
const databaseNames = ["peer.service", "server.address", "network.peer.address", ...databaseKeys]

const firstOf = (keys: ReadonlyArray<string>, span: GraphSpan): string | undefined =>
  keys.map((key) => span.attributes[key] ?? span.resource[key]).find((value) => value !== undefined)

/** The edges of spans that arrive when they end, with Tempo's `wait`. */
export const serviceGraph = (spans: ReadonlyArray<GraphSpan>, waitMs: number): ServiceGraph => {
  const halves = new Map<string, Half>()
  const edges: Record<string, number> = {}
  let lost = 0

  const draw = (client: string, server: string, type: string) => {
    const edge = `${client} -> ${server} (${type})`
    edges[edge] = (edges[edge] ?? 0) + 1
  }
  const expire = (half: Half) => {
    if (half.client !== undefined && half.peer !== undefined) {
      draw(half.client, half.peer, "virtual_node")
    } else if (half.server !== undefined && half.root) {
      draw(half.peer ?? "user", half.server, "virtual_node")
    } else lost++
  }
  const sweep = (nowMs: number) => {
    for (const [key, half] of halves) {
      if (half.expiresMs > nowMs) continue
      halves.delete(key)
      expire(half)
    }
  }

  for (const span of spans.toSorted((a, b) => a.endMs - b.endMs)) {
    sweep(span.endMs)
    const clientSide = span.kind === 3 || span.kind === 4
    if (span.service === undefined || !(clientSide || span.kind === 2 || span.kind === 5)) continue
    const key = `${span.traceId} ${clientSide ? span.spanId : (span.parentSpanId ?? span.spanId)}`
    const half = halves.get(key) ?? {
      client: undefined,
      server: undefined,
      type: "",
      peer: undefined,
      root: false,
      expiresMs: span.endMs + waitMs,
    }
    halves.set(key, half)
    if (span.kind === 4 || span.kind === 5) half.type = "messaging_system"
    if (clientSide) {
      half.client = span.service
      half.peer = firstOf(peerKeys, span)
      if (databaseKeys.some((one) => firstOf([one], span) !== undefined)) {
        half.type = "database"
        half.server = firstOf(databaseNames, span)
      }
    } else {
      half.server = span.service
      half.root = span.parentSpanId === undefined
      half.peer ??= span.attributes["peer.service"]
    }
    if (half.client !== undefined && half.server !== undefined) {
      halves.delete(key)
      draw(half.client, half.server, half.type)
    }
  }
  sweep(Number.POSITIVE_INFINITY)
  return { edges, lost }
}

/** What must not be in a graph: nodes nobody knows, a service that calls itself. */
export const blemishesOf = (graph: ServiceGraph): ReadonlyArray<string> =>
  Object.keys(graph.edges).filter((edge) => {
    const [client, server] = edge.split(/ -> | \(/)
    return client === "user" || server === "user" || client === server
  })
