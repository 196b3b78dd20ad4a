import sanitizeHtml from 'sanitize-html'
import type { Field } from '../schema/field.ts'
import { decodeEntities } from './entities.ts'

const escapes: Readonly<Record<string, string>> = { '"': '&quot;', "'": '&#039;', '<': '&lt;', '>': '&gt;' }

/** How SuiteCRM answers stored text: quotes and angle brackets escaped, `&` not. @see include/utils/db_utils.php to_html() */
export const escapeHtml = (text: string) =>
  /["'<>]/.test(text) ? text.replace(/["'<>]/g, character => escapes[character] ?? character) : text

/**
 * How SuiteCRM undoes `escapeHtml`, also on text that nobody escaped: every entity is decoded, and the four escapes
 * once more. Runs on values to be stored and on values to be compared.
 *
 * @see include/utils/db_utils.php from_html()
 */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text
  return decodeEntities(text).replace(/&(quot|#039|lt|gt);/gi, escape => unescapes[escape.toLowerCase()] ?? escape)
}

const unescapes: Readonly<Record<string, string>> = { '&quot;': '"', '&#039;': "'", '&lt;': '<', '&gt;': '>' }

/**
 * The text that SuiteCRM stores when it is given `value` for a field; the graph cuts what is too long.
 *
 * Names and varchars are trimmed first; then unsafe and empty HTML elements are taken out of character fields, which
 * may leave a new blank at the end; entities are decoded.
 *
 * @see data/SugarBean.php cleanBean(), include/database/DBManager.php insertParams()
 */
export function storedText(field: Field, value: string): string {
  const trimmed = field.kind === 'name' || field.kind === 'varchar' ? trim(value) : value
  return isPurified(field) ? purifyHtml(trimmed) : unescapeHtml(unescapeHtml(trimmed)).replaceAll('\0', '')
}

/** Would SuiteCRM change this stored text by merely saving the record again? */
export const isTrimmable = (field: Field, text: string) =>
  (field.kind === 'name' || field.kind === 'varchar') && trim(text) !== text

/** PHP's trim(). Counts from both ends: a pattern for the end takes quadratic time on blanks in the middle. */
export function trim(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && blanks.includes(text.charAt(from))) from++
  while (to > from && blanks.includes(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

const blanks = ' \t\n\r\0\x0b'

const isPurified = ({ kind, db }: Field) => {
  const type = kind + (db ?? '')
  return type === 'enum' || /char|text/.test(type)
}

/**
 * Takes unsafe and empty HTML elements out of a text and decodes its entities; safe elements stay.
 *
 * SuiteCRM runs HTML Purifier twice, decoding between, so that elements hidden behind entities do not survive.
 *
 * @see include/HtmlSanitizer.php clean(), include/utils.php purify_html()
 */
export function purifyHtml(text: string): string {
  const visible = text.replace(unprintable, '').replace(/\r\n?/g, '\n')
  if (!/[<&]/.test(visible)) return visible
  const once = decodeEntities(decodeEntities(purifyOnce(decodeEntities(visible))))
  if (/<script>/i.test(once)) return ''
  return unescapeHtml(unescapeHtml(purifyOnce(decodeEntities(once))))
}

// What HTML Purifier takes for no character of a document.
const unprintable = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g

function purifyOnce(html: string): string {
  if (!html.includes('<')) return html.replaceAll('&', '&amp;').replaceAll('>', '&gt;')
  let clean = sanitizeHtml(html, purifier)
  for (let before = ''; before !== clean; clean = clean.replace(emptyElement, '')) before = clean
  return clean
}

// Cells and columns may be empty, and what has a name may be linked to. @see HTMLPurifier AutoFormat.RemoveEmpty
const emptyElement = /<(?!td|th|colgroup)([a-z]\w*)(?![^>]*\s(?:id|name)=)(?:\s[^>]*)?>\s*<\/\1>/g

const color = /^(?:#[\da-f]{3,8}|[a-z]+|rgba?\([\d.,\s%]+\))$/i
const size = /^(?:auto|normal|-?[\d.]+(?:px|pt|em|rem|ex|in|cm|mm|pc|%)?(?:\s+-?[\d.]+(?:px|pt|em|%)?){0,3})$/i
const words = /^[\w\s,'"#.%-]+$/
const style = Object.fromEntries([
  ...['color', 'background-color', 'border-color'].map(name => [name, [color]] as const),
  ...['width', 'height', 'margin', 'padding', 'line-height', 'font-size', 'text-indent', 'letter-spacing'].map(
    name => [name, [size, words]] as const,
  ),
  ...['margin-top', 'margin-right', 'margin-bottom', 'margin-left'].map(name => [name, [size]] as const),
  ...['padding-top', 'padding-right', 'padding-bottom', 'padding-left'].map(name => [name, [size]] as const),
  ...['font', 'font-family', 'font-style', 'font-weight', 'font-variant', 'text-align', 'text-decoration'].map(
    name => [name, [words]] as const,
  ),
  ...['text-transform', 'vertical-align', 'white-space', 'float', 'clear', 'list-style-type', 'border'].map(
    name => [name, [words]] as const,
  ),
  ...['border-collapse', 'border-width', 'border-style', 'display'].map(name => [name, [words]] as const),
])

const table = ['align', 'bgcolor', 'height', 'valign', 'width']

// The elements and attributes of XHTML 1.0 Transitional that HTML Purifier takes for safe.
const purifier: sanitizeHtml.IOptions = {
  allowedTags:
    'a abbr acronym address b basefont bdo big blockquote br caption center cite code col colgroup dd del dfn dir div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li menu ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var'.split(
      ' ',
    ),
  disallowedTagsMode: 'discard',
  // Bounds the work on nested empty elements, which are taken out from the inside.
  nestingLimit: 20,
  nonTextTags: ['script', 'style', 'title', 'head'],
  allowedAttributes: {
    '*': ['class', 'dir', 'id', 'lang', 'style', 'title', 'align'],
    a: ['href', 'name', 'rel', 'target'],
    img: ['alt', 'border', 'height', 'hspace', 'name', 'src', 'vspace', 'width'],
    font: ['color', 'face', 'size'],
    table: ['bgcolor', 'border', 'cellpadding', 'cellspacing', 'frame', 'rules', 'summary', 'width'],
    td: [...table, 'abbr', 'colspan', 'nowrap', 'rowspan', 'scope'],
    th: [...table, 'abbr', 'colspan', 'nowrap', 'rowspan', 'scope'],
    tr: table,
    col: [...table, 'span'],
    colgroup: [...table, 'span'],
    blockquote: ['cite'],
    q: ['cite'],
    ol: ['start', 'type'],
    ul: ['type'],
    li: ['type', 'value'],
  },
  allowedStyles: { '*': style },
  allowedSchemes: ['http', 'https', 'mailto', 'ftp', 'nntp', 'news', 'tel', 'cid'],
  allowedSchemesAppliedToAttributes: ['href', 'src', 'cite'],
  selfClosing: ['img', 'br', 'hr', 'col', 'basefont'],
}
