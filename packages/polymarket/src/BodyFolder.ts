/**
 * Keeps the venue's bodies in a folder, scrubbed: `0001-data-v2-trades.json` and so on, each with a line
 * of what was asked and answered in `answers.ndjson`; the frames of a socket in `ws-market.ndjson` or
 * `activity-trades.ndjson`, a line each with its moment.
 *
 * Promises: a body that cannot be written is logged and never fails its request.
 * Limits: {@link mostBodies} bodies and {@link mostBytes} bytes a folder, frames included; what comes
 * after is not kept.
 */
import { Effect, Layer } from "effect"
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ReceivedBody } from "./BodyRecorder.ts"
import { BodyRecorder } from "./BodyRecorder.ts"
import { scrubbed } from "./Scrub.ts"

export const mostBodies = 2000
export const mostBytes = 256 * 1024 * 1024

/** Headers that say something of caches, limits and versions, and nothing of us. */
const keptHeaders =
  "date age cache-control cf-cache-status content-type deprecation retry-after sunset warning x-cache x-trace-id".split(
    " ",
  )

/** Keeps the bodies that come while the layer lives. */
export const layerFolder = (folder: string): Layer.Layer<never> =>
  Layer.effect(
    BodyRecorder,
    Effect.sync(() => {
      let kept = 0
      let bytes = 0
      const keep = (received: ReceivedBody): void => {
        const body = scrubbed(received.body)
        const isFrame = received.status === null
        if ((!isFrame && kept >= mostBodies) || bytes + body.length > mostBytes) return
        if (bytes === 0) mkdirSync(folder, { recursive: true })
        bytes += body.length
        if (isFrame) {
          const line = JSON.stringify({ received_ms: received.receivedMs, frame: body })
          appendFileSync(join(folder, `${placeOf(received.request)}.ndjson`), `${line}\n`)
          return
        }
        kept += 1
        const file = `${String(kept).padStart(4, "0")}-${placeOf(received.request)}.json`
        writeFileSync(join(folder, file), body)
        const { headers, receivedMs, request, status } = received
        const told = keptHeaders.flatMap((name) =>
          headers[name] === undefined ? [] : [[name, headers[name]] as const],
        )
        const line = {
          file,
          request,
          status,
          received_ms: receivedMs,
          headers: Object.fromEntries(told),
        }
        appendFileSync(join(folder, "answers.ndjson"), `${JSON.stringify(line)}\n`)
      }
      return (received: ReceivedBody) =>
        Effect.try({ try: () => keep(received), catch: String }).pipe(
          Effect.catch((cause) =>
            Effect.logWarning(`a body was not kept in ${folder}`, {
              request: received.request,
              cause,
            }),
          ),
        )
    }),
  )

/** `GET /data/v2/trades?user=0x…` as part of a file's name. */
const placeOf = (request: string): string =>
  (request.split(" ")[1] ?? "")
    .split("?")[0]!
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 60)
