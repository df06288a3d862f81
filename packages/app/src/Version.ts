/** The program's version, as in package.json; a test ties the two. */
export const version = "0.1.0"
