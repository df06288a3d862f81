/**
 * `npm run tidy`: the house rules a machine can check (scripts/tidy/rules.ts).
 *
 * Prints one line a finding, `file:line  rule  what is wrong`; exits 4 when one is not a warning.
 */
import "./NodeVersion.mjs"
import { fileURLToPath } from "node:url"
import { findAll, rules } from "./tidy/rules.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const found = await findAll(root)
for (const { file, line, rule, message, warning } of found) {
  console.log(`${file}:${line}  ${rule}${warning === true ? " (warning)" : ""}  ${message}`)
}
const faults = found.filter((finding) => finding.warning !== true).length
console.log(`tidy: ${rules.length} rules, ${faults} faults, ${found.length - faults} warnings`)
process.exitCode = faults === 0 ? 0 : 4
