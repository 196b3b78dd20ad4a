import { hiddenName } from './names.ts'

/** What may be shown of what was sent and answered. Whatever is not in it stays hidden. */
export type Vocabulary = {
  /** Names of the schema: modules, fields, links, arguments, types. */
  readonly words: Pick<ReadonlySet<string>, 'has'>
  /** Is it a value that a key of this name can have, and one that tells nothing about anybody? */
  shows(key: string, value: string | number): boolean
  /** Does any module keep a key of this name secret? */
  hides(key: string): boolean
}

/** What stands for a value that is not shown. */
export const hidden = '[hidden]'
/** What stands for something that cannot be read, and so cannot be known to be harmless. */
export const unreadable = '[unreadable]'

const depthMax = 24
const entriesMax = 200
const nodesMax = 5_000

/** How much of a document was redacted so far. */
type Budget = { left: number }

/**
 * A JSON value with its structure, and with those of its values that the vocabulary shows. Redacting what is redacted
 * changes nothing, so that it can be done again when less may be shown.
 */
export const redactValue = (value: unknown, vocabulary: Vocabulary, key = ''): unknown =>
  redact(value, key, vocabulary, 0, { left: nodesMax })

function redact(value: unknown, key: string, vocabulary: Vocabulary, depth: number, budget: Budget): unknown {
  budget.left -= 1
  if (value === null || value === undefined) return null
  if (depth > depthMax || budget.left < 0) return hidden
  if (typeof value === 'boolean') return vocabulary.hides(key) ? hidden : value
  if (typeof value === 'number') return vocabulary.shows(key, value) ? value : hidden
  if (typeof value === 'string') return redactText(value, key, vocabulary)
  if (Array.isArray(value)) {
    return value.slice(0, entriesMax).map(each => redact(each, key, vocabulary, depth + 1, budget))
  }
  if (typeof value !== 'object') return hidden
  return redactObject(value, key, vocabulary, depth, budget)
}

function redactObject(value: object, key: string, vocabulary: Vocabulary, depth: number, budget: Budget) {
  const named = isNameAndValue(value) ? value.name : undefined
  const entries = Object.entries(value)
    .slice(0, entriesMax)
    .map(([name, each], at): [string, unknown] => {
      // v4.1 names a field in one value and gives it in another.
      if (named !== undefined && name === 'name') return [name, knownName(named, vocabulary)]
      const rule = named !== undefined && name === 'value' ? named : vocabulary.hides(key) ? key : name
      const shown = knownName(name, vocabulary)
      return [shown === hiddenName ? `${hiddenName} ${at}` : shown, redact(each, rule, vocabulary, depth + 1, budget)]
    })
  return Object.fromEntries(entries)
}

const isNameAndValue = (value: object): value is { name: string; value: unknown } =>
  'name' in value && 'value' in value && typeof value.name === 'string'

function redactText(text: string, key: string, vocabulary: Vocabulary): string {
  if (vocabulary.hides(key)) return hidden
  if (vocabulary.shows(key, text) || markers.test(text)) return text
  return vocabulary.words.has(key) ? `[text ${text.length}]` : hidden
}

const markers = /^\[(hidden|unreadable|text \d{1,9})\]$/

export const knownName = (name: string, vocabulary: Vocabulary) =>
  vocabulary.words.has(name) || /^\[name\] \d{1,3}$/.test(name) ? name : hiddenName

/** JSON in a text; what is none is not shown at all. */
export function redactJson(text: string, vocabulary: Vocabulary, key = ''): unknown {
  try {
    return redactValue(JSON.parse(text), vocabulary, key)
  } catch {
    return unreadable
  }
}
