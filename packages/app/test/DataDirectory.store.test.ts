import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freshDirectory, hold, socketPathLimit } from "@evaluator/app/DataDirectory"
import { filesOf, locate } from "@evaluator/app/DirectoryFiles"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "directory-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

const embedded = { kind: "embedded", seed: 42 } as const

/** Holds the directory in another process until it is killed. */
const heldElsewhere = (directory: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const program = `
        const { DatabaseSync } = require("node:sqlite")
        const held = new DatabaseSync(${JSON.stringify(filesOf(directory).lock)})
        held.exec("BEGIN EXCLUSIVE")
        process.stdout.write("held")
        setInterval(() => held, 1e9)`
      const child = spawn(process.execPath, ["-e", program], {
        stdio: ["ignore", "pipe", "ignore"],
      })
      await once(child.stdout, "data")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, "exit")
        child.kill("SIGKILL")
        await gone
      }),
  )

describe("a data directory", () => {
  it.effect("is refused while another process holds it, and free when that one was killed", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const scope = yield* Scope.make()
      const child = yield* heldElsewhere(directory).pipe(Scope.provide(scope))
      writeFileSync(
        filesOf(directory).ports,
        JSON.stringify({ pid: child.pid, startedAtMs: 1, ports: {} }),
      )
      const refused = yield* hold({ directory, venue: embedded }).pipe(Effect.flip)
      assert.strictEqual(refused._tag, "AlreadyRunning")
      assert.include(refused.message, `pid ${child.pid}`)
      yield* Scope.close(scope, Exit.void)
      const held = yield* hold({ directory, venue: embedded })
      assert.strictEqual(held.path, directory)
    }),
  )

  it.effect("is refused to a second holder in the same process until the first lets go", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* hold({ directory, venue: embedded }).pipe(
        Effect.andThen(hold({ directory, venue: embedded }).pipe(Effect.flip)),
        Effect.tap((refused) =>
          Effect.sync(() => assert.strictEqual(refused._tag, "AlreadyRunning")),
        ),
        Effect.scoped,
      )
      yield* hold({ directory, venue: embedded })
    }),
  )

  it.effect("keeps its venue, seed and epoch, and refuses another", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "new", "data")
      const first = yield* hold({ directory, venue: embedded }).pipe(Effect.scoped)
      const again = yield* hold({ directory, venue: embedded }).pipe(Effect.scoped)
      assert.deepStrictEqual(again.venue, first.venue)
      const unasked = yield* hold({ directory, venue: null }).pipe(Effect.scoped)
      assert.deepStrictEqual(unasked.venue, first.venue)
      for (const venue of [
        { kind: "embedded", seed: 43 },
        { kind: "polymarket", seed: null },
      ] as const) {
        const refused = yield* hold({ directory, venue }).pipe(Effect.flip, Effect.scoped)
        assert.strictEqual(refused._tag, "VenueMismatch")
        assert.include(refused.message, "the embedded venue with seed 42")
      }
    }),
  )

  it.effect("is not started anew over a venue record that is damaged", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      writeFileSync(filesOf(directory).venue, '{"kind":"embed')
      const refused = yield* hold({ directory, venue: embedded }).pipe(Effect.flip)
      assert.strictEqual(refused._tag, "DirectoryUnusable")
      assert.strictEqual(readFileSync(filesOf(directory).venue, "utf8"), '{"kind":"embed')
    }),
  )

  it.effect("cannot be taken without a venue before it has one", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const refused = yield* hold({ directory, venue: null }).pipe(Effect.flip)
      assert.strictEqual(refused._tag, "DirectoryUnusable")
      assert.isFalse(existsSync(filesOf(directory).lock))
    }),
  )

  it.effect("that cannot be made is refused in plain words", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "file")
      writeFileSync(file, "")
      const refused = yield* hold({ directory: join(file, "data"), venue: embedded }).pipe(
        Effect.flip,
      )
      assert.strictEqual(refused._tag, "DirectoryUnusable")
      assert.include(refused.message, "cannot be used as a data directory")
    }),
  )

  it.effect("announces where the process listens for as long as it does", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const scope = yield* Scope.make()
      const held = yield* hold({ directory, venue: embedded }).pipe(Scope.provide(scope))
      yield* held.announce({ http: 1234 }).pipe(Scope.provide(scope))
      const socket = yield* held.claimSocket.pipe(Scope.provide(scope))
      const located = locate(directory)
      assert.strictEqual(located.ports?.pid, process.pid)
      assert.deepStrictEqual(located.ports?.ports, { http: 1234 })
      assert.strictEqual(located.socket, socket)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(
        { ...locate(directory), venue: null },
        { venue: null, ports: null, socket: null },
      )
    }),
  )

  it.effect("with a long path has its socket elsewhere, and that path is short enough", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "deep".repeat(30))
      const scope = yield* Scope.make()
      const held = yield* hold({ directory, venue: embedded }).pipe(Scope.provide(scope))
      const socket = yield* held.claimSocket.pipe(Scope.provide(scope))
      assert.isAtMost(Buffer.byteLength(socket), socketPathLimit)
      assert.notInclude(socket, directory)
      assert.strictEqual(statSync(join(socket, "..")).mode & 0o777, 0o700)
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(existsSync(join(socket, "..")))
    }),
  )
})

describe("a fresh directory", () => {
  it.effect("is temporary and gone with its scope", () =>
    Effect.gen(function* () {
      const directory = yield* freshDirectory({ keep: null, prefix: "replay" }).pipe(
        Effect.tap((made) => Effect.sync(() => assert.isTrue(existsSync(made)))),
        Effect.scoped,
      )
      assert.isFalse(existsSync(directory))
    }),
  )

  it.effect("is kept when one is named, which must be empty or absent", () =>
    Effect.gen(function* () {
      const keep = join(yield* temporary, "a", "b")
      yield* freshDirectory({ keep, prefix: "replay" }).pipe(Effect.scoped)
      assert.isTrue(existsSync(keep))
      yield* freshDirectory({ keep, prefix: "replay" }).pipe(Effect.scoped)
      mkdirSync(join(keep, "something"))
      const refused = yield* freshDirectory({ keep, prefix: "replay" }).pipe(Effect.flip)
      assert.strictEqual(refused._tag, "DirectoryNotEmpty")
    }),
  )
})
