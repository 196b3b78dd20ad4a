import { Kind, visit, type DocumentNode } from 'graphql'

/** Does it ask for types and fields rather than for records? No subgraph can answer that. */
export function asksForSchema(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    [Kind.FIELD]: field => {
      if (field.name.value === '__schema' || field.name.value === '__type') found = true
    },
  })
  return found
}
