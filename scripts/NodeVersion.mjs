/**
 * Stops on an old Node with a plain sentence. The optional package that brings Node 24 may be
 * missing, and a bare `node` in a shell is the machine's own. Plain JavaScript, because a Node that
 * is too old cannot read TypeScript: npm runs this before start, test and check, the scripts import
 * it first.
 */
const major = Number(process.versions.node.split(".")[0])

if (major < 24) {
  console.error(
    `This needs Node 24 or newer and runs on ${process.versions.node}. ` +
      "Run it through npm (npm run …, npx --no …) after `npm ci`, which brings Node 24 along; " +
      "if it still fails, the optional package for this platform was not installed: install Node 24.",
  )
  process.exit(2)
}
