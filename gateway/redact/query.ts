import { redactDocument } from './document.ts'
import { hidden, knownName, redactJson, redactValue, type Vocabulary } from '../../schema/redact/value.ts'

const parametersMax = 200

/** The parameters of a query or form: `filter[name][eq]=x`, `rest_data={...}`. Keys stay where the schema knows them. */
export function redactParameters(text: string, vocabulary: Vocabulary): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of [...new URLSearchParams(text)].slice(0, parametersMax)) {
    const parts = key.split(/[[\]]+/).filter(Boolean)
    const [head = '', ...rest] = parts.map(part => knownName(part, vocabulary))
    shown[`${head}${rest.map(part => `[${part}]`).join('')}`] = redactParameter(parts, value, vocabulary)
  }
  return shown
}

function redactParameter(parts: readonly string[], value: string, vocabulary: Vocabulary): unknown {
  const [head = '', second = ''] = parts
  switch (head) {
    case 'rest_data':
    case 'variables':
    case 'extensions':
      return redactJson(value, vocabulary)
    case 'query':
      return parts.length === 1 ? redactDocument(value, vocabulary) : hidden
    case 'fields':
    case 'sort':
    case 'include':
      return value.split(',').every(each => vocabulary.words.has(each.replace(/^-/, ''))) ? value : hidden
    case 'filter':
      return redactValue(value, vocabulary, second)
    default:
      return redactValue(value, vocabulary, parts.at(-1))
  }
}
