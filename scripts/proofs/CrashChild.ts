/**
 * A process that tells the story of the crash table in a directory and is killed at one of its commits:
 * `CrashChild.ts DIRECTORY before|after N`. Where it was, it leaves in `moment.json`.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type Moment, tellStory } from "../../packages/paper/test/crash/CrashRuns.ts"

const [directory = "", when, commit] = process.argv.slice(2)

const kill = (moment: Moment) => {
  if (moment.commit !== Number(commit)) return
  writeFileSync(join(directory, "moment.json"), JSON.stringify(moment))
  process.kill(process.pid, "SIGKILL")
}

await Effect.runPromise(
  tellStory(directory, when === "before" ? { before: kill } : { after: kill }),
)
