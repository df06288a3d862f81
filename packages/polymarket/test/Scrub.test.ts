import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { recordFrames } from "@evaluator/polymarket/BodyRecorder"
import { layerFolder } from "@evaluator/polymarket/BodyFolder"
import { scrubbed } from "@evaluator/polymarket/Scrub"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { fakeVenue, json } from "./FakeVenue.ts"
import { stranger, tradeRow, wallet } from "./Samples.ts"

describe("a body that is kept", () => {
  it("names no person, and is otherwise the same to the byte", () => {
    const body =
      '{"data":[{"name":"Ann \\"A\\" Lee","pseudonym" : "Big-Fish","bio":"",  "size":1e-7,' +
      `"proxy_wallet":"${wallet}","title":"Will \\"name\\":\\"x\\" win?","profile_image":"u.png"}]}`
    const expected =
      '{"data":[{"name":"","pseudonym" : "","bio":"",  "size":1e-7,' +
      `"proxy_wallet":"${wallet}","title":"Will \\"name\\":\\"x\\" win?","profile_image":""}]}`
    assert.strictEqual(scrubbed(body), expected)
  })

  it("keeps no half a name of half a body, and no address out of an error page", () => {
    assert.strictEqual(scrubbed('{"data":[{"name":"Ann Le'), '{"data":[{"name":""')
    const page = "<html>Your IP 203.0.113.77 or 2001:db8:0:1:2:3:4:5 was blocked</html>"
    assert.strictEqual(scrubbed(page), "<html>Your IP (address) or (address) was blocked</html>")
  })
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bodies-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

const asked = (path: string) =>
  VenueHttp.use((http) => http.get("trades", [["user", stranger]])).pipe(
    Effect.provide(
      Layer.provide(
        fakeVenue(() =>
          json(
            { data: [{ ...tradeRow, pseudonym: "Big-Fish" }] },
            { headers: { age: "3", "set-cookie": "id=1" } },
          ),
        ).layer,
        layerFolder(path),
      ),
    ),
  )

describe("a folder of bodies", () => {
  it.effect("has each body in a file and what was asked and answered in a list", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "new")
      yield* asked(path)
      const file = "0001-data-v2-trades.json"
      assert.deepStrictEqual(readdirSync(path).toSorted(), [file, "answers.ndjson"])
      const body = readFileSync(join(path, file), "utf8")
      assert.include(body, wallet)
      assert.notInclude(body, "Big-Fish")
      const line = JSON.parse(readFileSync(join(path, "answers.ndjson"), "utf8"))
      assert.deepInclude(line, {
        file,
        request: `GET /data/v2/trades?user=${stranger}`,
        status: 200,
        headers: { age: "3", "content-type": "application/json" },
      })
    }),
  )

  it.effect("has the frames of a socket in a file, a line each with its moment", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "new")
      const frames = ["PONG", '{"name":"Big-Fish","price":"0.5"}']
      yield* recordFrames("STREAM ws/market", frames).pipe(Effect.provide(layerFolder(path)))
      assert.deepStrictEqual(readdirSync(path), ["ws-market.ndjson"])
      const lines = readFileSync(join(path, "ws-market.ndjson"), "utf8").trimEnd().split("\n")
      assert.deepStrictEqual(
        lines.map((line) => JSON.parse(line) as unknown),
        ["PONG", '{"name":"","price":"0.5"}'].map((frame) => ({ received_ms: 0, frame })),
      )
    }),
  )

  it.effect("that cannot be written to does not fail the request", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "file")
      writeFileSync(path, "in the way")
      const answer = yield* asked(path)
      assert.property(answer.json, "data")
    }),
  )
})
