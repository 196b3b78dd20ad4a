import { execute, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql'
import { maskRequestError } from '../error-mask.ts'
import { asksForSchema } from './asks-for-schema.ts'
import type { RunPlan } from './execute.ts'

/** Answers an operation that asks for the schema and for nothing else; undefined for any other. */
export function introspection(api: GraphQLSchema, document: DocumentNode): RunPlan | undefined {
  if (!asksForSchema(document) || asksForRecords(api, document)) return undefined
  return async variableValues => {
    const { data, errors } = await execute({ schema: api, document, variableValues })
    return { ...(data && { data }), ...(errors && { errors: errors.map(maskRequestError) }) }
  }
}

function asksForRecords(api: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(api)
  const roots = new Set<unknown>([api.getQueryType(), api.getMutationType(), api.getSubscriptionType()])
  let found = false
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (roots.has(types.getParentType()) && !name.value.startsWith('__')) found = true
      },
    }),
  )
  return found
}
