/** JSON as PHP's json_encode() pretty-prints it: four blanks, slashes and non-ASCII as they are, no final newline. */
export const prettyJson = (value: unknown) => escapeLineTerminators(JSON.stringify(value, null, 4))

/** One JSON string in the same style. */
export const jsonText = (text: string) =>
  special.test(text) ? escapeLineTerminators(JSON.stringify(text)) : `"${text}"`

// Everything that JSON.stringify() or PHP would escape.
const special = /["\\\u0000-\u001f\u2028\u2029\ud800-\udfff]/

const escapeLineTerminators = (json: string) =>
  /[\u2028\u2029]/.test(json) ? json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') : json
