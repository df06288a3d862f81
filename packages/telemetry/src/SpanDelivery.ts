/**
 * The way finished spans take out of the process, with a bound and exact counts.
 *
 * Promises: at most `capacity` spans are held, queued or on the wire; each span handed in ends as
 * exported or as dropped for one reason, and is counted then. A collector that is down costs that
 * memory, no waiting, and at most the given time at the exit.
 *
 * The bound stands before the batch processor because that one drops without telling how many.
 */
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Clock, type Context, type Duration, Effect, Metric } from "effect"
import { counterOf, metrics } from "./Names.ts"
import { type Released, SpanKeeper } from "./SpanKeeper.ts"

export interface DeliveryLimits {
  /** Spans held at most. */
  readonly capacity: number
  readonly batchSize: number
  readonly every: Duration.Input
  /** Given to the last flush at the exit. */
  readonly closeWithin: Duration.Input
}

export const defaultLimits: DeliveryLimits = {
  capacity: 4096,
  batchSize: 512,
  every: "2 seconds",
  closeWithin: "500 millis",
}

export type DropReason = "full" | "refused" | "exit"

const exportedCounter = counterOf(metrics.spansExported)
const droppedCounter = counterOf(metrics.spansDropped)

/** Counts what the exporter made of each batch and how many spans are still in the process. */
export class SpanDelivery implements SpanProcessor {
  readonly #capacity: number
  readonly #inner: BatchSpanProcessor
  readonly #context: Context.Context<never>
  readonly #keeper = new SpanKeeper()
  readonly #askElsewhere: (spanId: string) => void
  #held = 0
  #closed = false

  constructor(
    exporter: SpanExporter,
    limits: DeliveryLimits,
    everyMs: number,
    context: Context.Context<never>,
    askElsewhere: (spanId: string) => void = () => {},
  ) {
    this.#askElsewhere = askElsewhere
    this.#capacity = limits.capacity
    this.#context = context
    this.#inner = new BatchSpanProcessor(this.#counting(exporter), {
      maxQueueSize: limits.capacity,
      maxExportBatchSize: Math.min(limits.batchSize, limits.capacity),
      scheduledDelayMillis: everyMs,
    })
  }

  onStart(): void {}

  /** Spans that were not chosen never count as dropped: nobody asked for them. */
  onEnd(span: ReadableSpan): void {
    this.#release(this.#keeper.ended(span))
  }

  /** A span that an error in another thread has among its ancestors. */
  want(spanId: string): void {
    this.#release(this.#keeper.wanted(spanId))
  }

  #release({ out, elsewhere }: Released): void {
    for (const span of out) this.#deliver(span)
    if (elsewhere !== null) this.#askElsewhere(elsewhere)
  }

  #deliver(span: ReadableSpan): void {
    if (this.#closed) return this.#drop(1, "exit")
    if (this.#held >= this.#capacity) return this.#drop(1, "full")
    this.#held++
    this.#inner.onEnd(span)
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush()
  }

  shutdown(): Promise<void> {
    this.#closed = true
    return this.#inner.shutdown()
  }

  /** After the last flush had its time: what is still held is lost. Answers how many those were. */
  giveUp(): number {
    this.#closed = true
    const lost = this.#held
    this.#drop(lost, "exit")
    this.#held = 0
    return lost
  }

  #drop(spans: number, reason: DropReason): void {
    if (spans === 0) return
    Metric.withAttributes(droppedCounter, { reason }).updateUnsafe(spans, this.#context)
  }

  #counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          // An answer after giveUp finds nothing held: those spans are counted already.
          const counted = Math.min(spans.length, this.#held)
          this.#held -= counted
          if (result.code === 0) exportedCounter.updateUnsafe(counted, this.#context)
          else this.#drop(counted, "refused")
          done(result)
        }),
      shutdown: () => exporter.shutdown(),
    }
  }
}

/** Flushes what is held within the time given; counts the rest. */
export const close = (delivery: SpanDelivery, within: Duration.Input): Effect.Effect<void> =>
  Effect.tryPromise(() => delivery.shutdown()).pipe(
    Effect.timeoutOption(within),
    Effect.ignore,
    Effect.andThen(Effect.sync(() => delivery.giveUp())),
    Effect.flatMap((lost) =>
      lost === 0
        ? Effect.void
        : Effect.logWarning(`${lost} spans that no collector took in time are let go at the exit`),
    ),
    // The collector is real, also where the program runs on another clock.
    Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()),
  )
