/** All rules of the house that a machine can check. A new rule is added here and in its test. */
import { arrowsPointDown, dependenciesDeclared, importsByName, pureDomain } from "./arrows.ts"
import { jobsDocumented, settingsDocumented } from "./documents.ts"
import {
  fileSize,
  headersPresent,
  migrationNames,
  namesSaySomething,
  noBarrels,
  oneServiceAFile,
} from "./shape.ts"
import type { Finding, Rule } from "./Tree.ts"
import { readTree } from "./Tree.ts"
import {
  clockAndChance,
  lockWithoutHosts,
  noMachinePaths,
  noRegistryHosts,
  nothingPromised,
  testsRun,
  typesSpeak,
} from "./words.ts"

export const rules: ReadonlyArray<Rule> = [
  arrowsPointDown,
  importsByName,
  pureDomain,
  dependenciesDeclared,
  fileSize,
  namesSaySomething,
  noBarrels,
  oneServiceAFile,
  migrationNames,
  headersPresent,
  clockAndChance,
  typesSpeak,
  testsRun,
  nothingPromised,
  noMachinePaths,
  noRegistryHosts,
  lockWithoutHosts,
  jobsDocumented,
  settingsDocumented,
]

export interface RuleFinding extends Finding {
  readonly rule: string
}

/** Everything the rules find below `root`, rule by rule. */
export const findAll = async (root: string): Promise<ReadonlyArray<RuleFinding>> => {
  const tree = readTree(root)
  const found: Array<RuleFinding> = []
  for (const rule of rules) {
    for (const finding of await rule.check(tree)) found.push({ rule: rule.name, ...finding })
  }
  return found
}
