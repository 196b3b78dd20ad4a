import { isCustom, isLink } from '../../schema/field.ts'
import { isMany } from '../../schema/link.ts'
import { fieldOf } from '../../schema/module.ts'
import type { Answer } from '../v8/answer.ts'
import { isNode } from '../v8/record.ts'
import { corsHeaders } from './cors.ts'
import { allowParameters, moduleOf, type Call } from './call.ts'
import { documentAnswer, emptyAnswer } from './document.ts'
import * as operations from './operations.ts'
import { noRecord, recordAnswer } from './read.ts'
import { run } from './run.ts'
import { selectionText, wantedOf } from './wanted.ts'

/** GET /meta/modules */
export function listModules(call: Call): Promise<Answer> {
  allowParameters(call)
  const data = call.catalog.modules.map(({ name, label, objectName, graphql }) => ({
    type: 'modules',
    id: name,
    attributes: { label, singular: objectName, graphqlType: graphql.type },
    links: { self: `${call.base}/meta/fields/${name}`, records: `${call.base}/module/${name}` },
  }))
  return Promise.resolve(documentAnswer({ data: JSON.stringify(data) }))
}

/** GET /meta/fields/{moduleName}: the attributes and relationships of a module, in the order of its definition. */
export function listFields(call: Call): Promise<Answer> {
  allowParameters(call)
  const module = moduleOf(call)
  const { attributes, inputs, links } = call.shapeOf(module)
  const fields = [...attributes].map(([name, { schema }]) => {
    const field = fieldOf(module, name)
    return {
      type: 'fields',
      id: name,
      attributes: {
        kind: field?.kind ?? 'text',
        label: field?.label?.replace(/:$/, '') ?? null,
        comment: field?.comment ?? null,
        required: Boolean(field?.required) && field?.required !== 'false',
        readOnly: !inputs.has(name),
        custom: field !== undefined && !isLink(field) && isCustom(field),
        options: field?.options ?? null,
        deprecated: field?.deprecated ?? null,
        schema,
      },
    }
  })
  const relationships = [...links.values()].map(link => ({
    type: 'relationships',
    id: link.name,
    attributes: { label: fieldOf(module, link.name)?.label ?? null, module: link.target.name, many: isMany(link) },
  }))
  return Promise.resolve(documentAnswer({ data: JSON.stringify([...fields, ...relationships]) }))
}

/** GET /current-user */
export async function readCurrentUser(call: Call): Promise<Answer> {
  allowParameters(call, 'fields', 'include')
  const users = call.catalog.byName.get('Users')
  const id = call.context.principal.userId
  if (!users) throw new Error('There is no module Users')
  const wanted = wantedOf(call.catalog, call.shapeOf, users, call.query)
  const { r } = await run(call, operations.readOne(call.catalog, users, selectionText(wanted)), { id })
  if (!isNode(r)) throw noRecord(users, id)
  return recordAnswer(call, r, wanted)
}

/** POST /logout */
export async function logout(call: Call): Promise<Answer> {
  await call.logout()
  return emptyAnswer()
}

/** GET /meta/openapi.json */
export const describedBy = (text: string): Answer => ({
  status: 200,
  headers: { ...corsHeaders, 'content-type': 'application/json' },
  body: text,
})
