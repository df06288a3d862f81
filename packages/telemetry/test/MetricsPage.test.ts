import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { joinPages, lanePage } from "@evaluator/telemetry/MetricsPage"
import { counterOf, histogramOf, metrics } from "@evaluator/telemetry/Names"

const page = (runs: number) =>
  Effect.gen(function* () {
    const runsOf = Metric.withAttributes(counterOf(metrics.jobRuns), {
      job: 'odd "{name}" 1',
      outcome: "done",
    })
    yield* Metric.update(runsOf, runs)
    yield* Metric.update(histogramOf(metrics.decision), 0.3)
    return yield* lanePage
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

const samples = (text: string) =>
  text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))

describe("the metrics page", () => {
  it.effect("has each family once and each sample with its lane", () =>
    Effect.gen(function* () {
      const [fast, background] = [yield* page(2), yield* page(5)]
      const joined = joinPages([
        { lane: "fast", text: fast },
        { lane: "background", text: background },
      ])
      const types = joined.split("\n").filter((line) => line.startsWith("# TYPE"))
      assert.deepStrictEqual(types, [...new Set(types)])
      assert.strictEqual(samples(joined).length, samples(fast).length + samples(background).length)
      assert.strictEqual(new Set(samples(joined)).size, samples(joined).length)
      const named = samples(joined).filter((line) => line.startsWith(metrics.jobRuns.name))
      assert.deepStrictEqual(named, [
        `${metrics.jobRuns.name}{lane="fast",job="odd \\"{name}\\" 1",outcome="done"} 2`,
        `${metrics.jobRuns.name}{lane="background",job="odd \\"{name}\\" 1",outcome="done"} 5`,
      ])
      assert.include(joined, `${metrics.decision.name}_count{lane="fast"} 1`)
      assert.isTrue(joined.endsWith("\n"))
    }),
  )

  it("keeps a family's samples together, as the format demands", () => {
    const text = '# TYPE a counter\na 1\n# TYPE b gauge\nb{x="y"} 2\n'
    const joined = joinPages([
      { lane: "one", text },
      { lane: "two", text },
    ])
    assert.strictEqual(
      joined,
      [
        "# TYPE a counter",
        'a{lane="one"} 1',
        'a{lane="two"} 1',
        "# TYPE b gauge",
        'b{lane="one",x="y"} 2',
        'b{lane="two",x="y"} 2',
        "",
      ].join("\n"),
    )
  })

  it("keeps a sample that came without a heading, and is empty for nothing", () => {
    assert.strictEqual(joinPages([{ lane: "one", text: "a 1\n" }]), 'a{lane="one"} 1\n')
    assert.strictEqual(joinPages([{ lane: "one", text: "" }]), "")
  })
})
