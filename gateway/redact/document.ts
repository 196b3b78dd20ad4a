import { Kind, parse, print, visit, type NameNode } from 'graphql'
import { hidden, unreadable, type Vocabulary } from '../../schema/redact/value.ts'

/** Tokens of a document that is read for the log; the gateway takes no longer ones either. */
const tokensMax = 2_000

/** A GraphQL document with its shape: names of the schema, no text, no long number, no name that a caller chose. */
export function redactDocument(text: string, { words }: Vocabulary): string {
  try {
    const document = parse(text, { noLocation: true, maxTokens: tokensMax })
    const chosen = new Map<string, string>()
    const name = (node: NameNode): NameNode => {
      if (words.has(node.value)) return node
      const known = chosen.get(node.value) ?? `name${chosen.size + 1}`
      chosen.set(node.value, known)
      return { ...node, value: known }
    }
    const shown = visit(document, {
      Name: name,
      StringValue: node => ({ ...node, value: hidden, block: false }),
      FloatValue: node => ({ ...node, value: '0.0' }),
      IntValue: node => (/^-?\d{1,6}$/.test(node.value) ? undefined : { kind: Kind.INT, value: '0' }),
      EnumValue: node => (words.has(node.value) ? undefined : { ...node, value: 'HIDDEN' }),
    })
    return print(shown)
  } catch {
    return unreadable
  }
}
