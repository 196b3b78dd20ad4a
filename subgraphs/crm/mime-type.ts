/** First bytes of files and what they are, the longer ones first where one begins with another. */
const signatures: readonly (readonly [string, string | RegExp, string])[] = [
  ['89504e470d0a1a0a', '', 'image/png'],
  ['ffd8ff', '', 'image/jpeg'],
  ['474946383761', '', 'image/gif'],
  ['474946383961', '', 'image/gif'],
  ['424d', /^.{4}\0\0\0\0/s, 'image/bmp'],
  ['49492a00', '', 'image/tiff'],
  ['4d4d002a', '', 'image/tiff'],
  ['52494646', /^.{4}WEBP/s, 'image/webp'],
  ['52494646', /^.{4}WAVE/s, 'audio/x-wav'],
  ['255044462d', '', 'application/pdf'],
  ['504b0304', /word\//, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['504b0304', /xl\//, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['504b0304', /ppt\//, 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['504b0304', /mimetypeapplication\/vnd\.oasis\.opendocument\.text/, 'application/vnd.oasis.opendocument.text'],
  [
    '504b0304',
    /mimetypeapplication\/vnd\.oasis\.opendocument\.spreadsheet/,
    'application/vnd.oasis.opendocument.spreadsheet',
  ],
  ['504b0304', '', 'application/zip'],
  ['1f8b', '', 'application/gzip'],
  ['425a68', '', 'application/x-bzip2'],
  ['377abcaf271c', '', 'application/x-7z-compressed'],
  ['526172211a07', '', 'application/x-rar'],
  ['d0cf11e0a1b11ae1', '', 'application/msword'],
  ['7b5c727466', '', 'text/rtf'],
  ['494433', '', 'audio/mpeg'],
  ['4f676753', '', 'application/ogg'],
  ['00000018667479706d703432', '', 'video/mp4'],
  ['000000206674797069736f6d', '', 'video/mp4'],
]

/** How much of a file is looked at. */
const headBytes = 8_192

/**
 * What a file is, by its contents; its name may lie.
 *
 * Knows the kinds of files that people attach to records, by the names that PHP's mime_content_type() gives them.
 */
export function mimeTypeOf(contents: Buffer): string {
  if (contents.length === 0) return 'application/x-empty'
  const head = contents.subarray(0, headBytes)
  const hex = head.subarray(0, 16).toString('hex')
  for (const [first, rest, type] of signatures) {
    if (!hex.startsWith(first)) continue
    const after = head.subarray(first.length / 2).toString('latin1')
    if (rest === '' || (rest instanceof RegExp && rest.test(after))) return type
  }
  return isTextual(contents) ? textTypeOf(head.toString('utf8')) : 'application/octet-stream'
}

function textTypeOf(text: string): string {
  const start = text.trimStart()
  if (/^<\?xml/i.test(start)) return /<svg[\s>]/i.test(start) ? 'image/svg+xml' : 'text/xml'
  if (/^<svg[\s>]/i.test(start)) return 'image/svg+xml'
  if (/^<(!doctype html|html|head|body|script)[\s>]/i.test(start)) return 'text/html'
  if (/^[[{]/.test(start) && isJson(start)) return 'application/json'
  if (/^BEGIN:VCARD/i.test(start)) return 'text/vcard'
  if (/^BEGIN:VCALENDAR/i.test(start)) return 'text/calendar'
  return 'text/plain'
}

function isJson(text: string) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Text has no control characters beside the usual white space, and is UTF-8 or at least one byte a character. */
const isTextual = (contents: Buffer) =>
  !/[\0-\x06\x0e-\x1a\x1c-\x1f]/.test(contents.subarray(0, headBytes).toString('latin1'))
