/**
 * Words that may not stand in a file: calls that would make a replay differ from the day it
 * replays, types silenced, tests left out, promises for later, and addresses of one machine.
 *
 * The patterns are written so that they do not find themselves.
 */
import type { Finding, Rule } from "./Tree.ts"
import { linesOf, matching, sources, tests, typescript } from "./Tree.ts"

const comment = /^\s*(\*|\/\*|\/\/)/

const calls =
  /\b(Date\.now|new Date\(\s*\)|Math\.random|setTimeout|setInterval|performance\.now|crypto\.randomUUID)\b|\b(new Date)\(\s*\)/

export const clockAndChance: Rule = {
  name: "clock-and-chance",
  about: "time and chance come from Clock, DateTime and Random",
  check: (tree) =>
    matching(tree, sources).flatMap(([file, text]) =>
      linesOf(text).flatMap(([line, content]): ReadonlyArray<Finding> => {
        const call = comment.test(content) ? null : calls.exec(content)
        return call === null ? [] : [{ file, line, message: `${call[0]}: take it from a service` }]
      }),
    ),
}

/** One pattern over many files, a finding a line. */
const wordRule = (
  name: string,
  about: string,
  files: RegExp,
  pattern: RegExp,
  message: (word: string) => string,
): Rule => ({
  name,
  about,
  check: (tree) =>
    matching(tree, files).flatMap(([file, text]) =>
      linesOf(text).flatMap(([line, content]): ReadonlyArray<Finding> => {
        const match = pattern.exec(content)
        return match === null ? [] : [{ file, line, message: message(match[0].trim()) }]
      }),
    ),
})

export const typesSpeak = wordRule(
  "types-speak",
  "no type is silenced",
  typescript,
  /\bas an[y]\b|:\s*an[y]\b(?=\s*(?:[,;)=\]}>|&[]|$))|<an[y]>|@ts-(?:ignore|expect-error|nocheck)\b/,
  (word) => `${word} silences the compiler`,
)

export const testsRun = wordRule(
  "tests-run",
  "every test runs, and not alone",
  tests,
  /\b(?:it|test|describe|layer)(?:\.[a-z]+)*\.(?:skip|only|todo|fails|skipIf|runIf)\b/,
  (word) => `${word}: a test runs or is deleted`,
)

export const nothingPromised = wordRule(
  "nothing-promised",
  "work left to do is an issue, not a comment",
  typescript,
  /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b|\bnot implemente[d]\b/,
  (word) => `${word}: do it now or file it`,
)

const anyText = /^(?!package-lock\.json$)/

export const noMachinePaths = wordRule(
  "no-machine-paths",
  "a path of one machine means nothing on another",
  anyText,
  /(?:^|[^A-Za-z0-9_.:/-])\/(?:root|work|farm|home\/[a-z]+|Users\/[A-Za-z]+|tmp\/[a-z])(?:\/|\b)/,
  (word) => `${word} is a path of one machine`,
)

export const noRegistryHosts = wordRule(
  "no-registry-hosts",
  "which registry serves the packages is the machine's business",
  anyText,
  /\bregistry\.[a-z0-9-]+\.[a-z]{2,}\b|\bnpm\.pkg\.[a-z]+\.com\b/,
  (word) => `${word} ties the project to one registry`,
)

export const lockWithoutHosts = wordRule(
  "lock-without-hosts",
  "the lock file names versions and hashes, not servers",
  /^package-lock\.json$/,
  /"resolved":\s*"http[^"]*"/,
  (word) => `${word}: install with omit-lockfile-registry-resolved`,
)
