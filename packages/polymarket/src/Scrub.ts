/**
 * Takes people out of a body before it is kept: their names, pictures and texts. Wallet addresses stay,
 * they are public chain data.
 *
 * Works on the text, so that every other byte stays as received: odd numbers, repeated keys, half a
 * body. An error page may name the asking address; those are taken out as well.
 */

const personal = [
  "name",
  "pseudonym",
  "bio",
  "icon",
  "profile_image",
  "profileImage",
  "profile_image_optimized",
  "profileImageOptimized",
  "user_name",
  "userName",
  "x_username",
  "xUsername",
]

const personalField = new RegExp(`"(${personal.join("|")})"(\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, "g")
const addressOfPeer = /\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b/gi

export const scrubbed = (body: string): string => {
  const start = body.trimStart()[0]
  return start === "{" || start === "["
    ? body.replaceAll(personalField, '"$1"$2""')
    : body.replaceAll(addressOfPeer, "(address)")
}
