/**
 * The shape of files: how long they are, what they are called, what one file may hold.
 */
import { basename } from "node:path"
import type { Finding, Rule } from "./Tree.ts"
import { linesOf, matching, sources, typescript } from "./Tree.ts"

const worryAt = 250
const limit = 400

export const fileSize: Rule = {
  name: "file-size",
  about: `a file is split before ${limit} lines; from ${worryAt} on it is worth a thought`,
  check: (tree) =>
    matching(tree, typescript).flatMap(([file, text]): ReadonlyArray<Finding> => {
      const length = text.split("\n").length - (text.endsWith("\n") ? 1 : 0)
      if (length > limit) return [{ file, line: limit, message: `${length} lines, over ${limit}` }]
      const warning = true
      return length > worryAt
        ? [{ file, line: worryAt, message: `${length} lines, over ${worryAt}`, warning }]
        : []
    }),
}

const emptyNames = ["utils?", "helpers?", "managers?", "misc", "commons?"].join("|")
const lowerCase = new RegExp(`(^|[-_.])(${emptyNames})$`, "i")
const camelCase = /(Utils?|Helpers?|Managers?|Misc|Commons?)$/

export const namesSaySomething: Rule = {
  name: "names-say-something",
  about: "no file or folder is called after nothing in particular",
  check: (tree) => {
    const seen = new Set<string>()
    return [...tree.files.keys()].flatMap((file): ReadonlyArray<Finding> =>
      file.split("/").flatMap((part, depth, parts) => {
        const path = parts.slice(0, depth + 1).join("/")
        const stem = part.replace(/\..*$/, "")
        if (seen.has(path) || !(lowerCase.test(stem) || camelCase.test(stem))) return []
        seen.add(path)
        return [{ file: path, line: 1, message: `${part} says nothing: name what it does` }]
      }),
    )
  },
}

export const noBarrels: Rule = {
  name: "no-barrels",
  about: "a module is imported by its own name",
  check: (tree) =>
    matching(tree, /^packages\/.*\/index\.ts$/).map(([file]) => ({
      file,
      line: 1,
      message: "an index file hides where things live",
    })),
}

const servicePattern = /class\s+(\w+)\s+extends\s+Context\.Service\s*</g

export const oneServiceAFile: Rule = {
  name: "one-service-a-file",
  about: "a file holds one service and is named after it",
  check: (tree) =>
    matching(tree, sources).flatMap(([file, text]): ReadonlyArray<Finding> => {
      const services = [...text.matchAll(servicePattern)].map((match) => ({
        name: match[1] ?? "",
        line: text.slice(0, match.index).split("\n").length,
      }))
      const [first, second] = services
      if (first === undefined) return []
      if (second !== undefined) {
        const names = services.map((service) => service.name).join(", ")
        return [{ file, line: second.line, message: `holds ${services.length} services: ${names}` }]
      }
      // The wiring of a lane is Lane.ts in both rooms; the service it offers says whose lane it is.
      const isLane = basename(file) === "Lane.ts" && first.name.endsWith("Lane")
      return isLane || basename(file) === `${first.name}.ts`
        ? []
        : [{ file, line: first.line, message: `holds ${first.name}, so call it ${first.name}.ts` }]
    }),
}

export const migrationNames: Rule = {
  name: "migration-names",
  about: "migrations are NNNN_verb_noun.ts, numbered from 0001 without a gap",
  check: (tree) => {
    const byFolder = new Map<string, Array<string>>()
    for (const [file] of matching(tree, /^migrations\/[^/]+\/.*\.ts$/)) {
      const folder = file.slice(0, file.lastIndexOf("/"))
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), file])
    }
    return [...byFolder.values()].flatMap((files) =>
      files.toSorted().flatMap((file, index): ReadonlyArray<Finding> => {
        const name = basename(file)
        if (!/^\d{4}_[a-z]+(_[a-z0-9]+)+\.ts$/.test(name)) {
          return [{ file, line: 1, message: "is not called NNNN_verb_noun.ts" }]
        }
        const expected = String(index + 1).padStart(4, "0")
        return name.startsWith(expected)
          ? []
          : [{ file, line: 1, message: `comes where ${expected} should be` }]
      }),
    )
  },
}

export const headersPresent: Rule = {
  name: "headers-present",
  about: "a service, a job and a script begin by saying what they are for",
  check: (tree) =>
    matching(tree, /^(packages\/[^/]+\/src|scripts)\/.*\.ts$/).flatMap(
      ([file, text]): ReadonlyArray<Finding> => {
        if (!/^scripts\/|\/jobs\//.test(file) && !text.match(servicePattern)) return []
        const first = linesOf(text).find(([, line]) => line.trim() !== "" && !line.startsWith("#!"))
        return first?.[1].startsWith("/**")
          ? []
          : [{ file, line: 1, message: "has no header comment" }]
      },
    ),
}
