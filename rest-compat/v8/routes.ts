import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { getRecord } from './get-record.ts'
import { getRecords } from './get-records.ts'
import { getRelationship } from './get-relationship.ts'
import { getListViewColumns, getModuleSearchDefs } from './list-view.ts'
import { getFieldList, getModuleList } from './meta.ts'
import { createRelationship, createRelationshipByLink, deleteRelationship } from './relate-records.ts'
import { createRecord, deleteRecord, updateRecord } from './save-record.ts'
import { getCurrentUser, getUserPreferences, logout } from './user.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
export type Handle = (call: Call) => Promise<Answer>

/** Where a field of the REST view is mounted. */
export type Mount = {
  readonly field: string
  readonly method: Method
  readonly path: string
  readonly status: number
  readonly tag: string
  /** What a token needs; for records, of the module that the request names. Absent: any token will do. */
  readonly scope?: string
}

/** A mounted field and what answers it. */
export type Route = Mount & { readonly handle: Handle }

const record = '/module/:moduleName/:id'
const links = `${record}/relationships`

// In the order in which SuiteCRM registers them, which is the order of methods in `Allow`.
// @see SuiteCRM Api/V8/Config/routes.php
// prettier-ignore
const table: readonly (readonly [field: string, Method, path: string, status: 200 | 201, tag: string, scope: string, Handle])[] = [
  ['Mutation.logout',                   'POST',   '/logout',                                200, 'Session',       '',                   logout],
  ['Query.getModuleSearchDefs',         'GET',    '/search-defs/module/:moduleName',        200, 'Meta',          'metadata:read',      getModuleSearchDefs],
  ['Query.getListViewColumns',          'GET',    '/listview/columns/:moduleName',          200, 'Meta',          'metadata:read',      getListViewColumns],
  ['Query.getCurrentUser',              'GET',    '/current-user',                          200, 'Users',         'records:read:Users', getCurrentUser],
  ['Query.getModuleList',               'GET',    '/meta/modules',                          200, 'Meta',          'metadata:read',      getModuleList],
  ['Query.getFieldList',                'GET',    '/meta/fields/:moduleName',               200, 'Meta',          'metadata:read',      getFieldList],
  ['Query.getUserPreferences',          'GET',    '/user-preferences/:id',                  200, 'Users',         'records:read:Users', getUserPreferences],
  ['Query.getRecords',                  'GET',    '/module/:moduleName',                    200, 'Records',       'records:read',       getRecords],
  ['Query.getRecord',                   'GET',    record,                                   200, 'Records',       'records:read',       getRecord],
  ['Mutation.createRecord',             'POST',   '/module',                                201, 'Records',       'records:write',      createRecord],
  ['Mutation.updateRecord',             'PATCH',  '/module',                                201, 'Records',       'records:write',      updateRecord],
  ['Mutation.deleteRecord',             'DELETE', record,                                   200, 'Records',       'records:delete',     deleteRecord],
  ['Query.getRelationship',             'GET',    `${links}/:linkFieldName`,                200, 'Relationships', 'records:read',       getRelationship],
  ['Mutation.createRelationship',       'POST',   links,                                    201, 'Relationships', 'records:write',      createRelationship],
  ['Mutation.createRelationshipByLink', 'POST',   `${links}/:linkFieldName`,                201, 'Relationships', 'records:write',      createRelationshipByLink],
  ['Mutation.deleteRelationship',       'DELETE', `${links}/:linkFieldName/:relatedBeanId`, 200, 'Relationships', 'records:write',      deleteRelationship],
]

/** @param swagger  answers the document that describes all of them */
export const routesWith = (swagger: Handle): readonly Route[] =>
  [...table, ['Query.getSwaggerSchema', 'GET', '/meta/swagger.json', 200, 'Meta', '', swagger] as const].map(
    ([field, method, path, status, tag, scope, handle]) => ({
      ...{ field, method, path, status, tag, handle },
      ...(scope && { scope }),
    }),
  )

/** What a path leads to: its routes by method, and the values of its variable parts. */
export type Match<R extends Mount = Route> = {
  readonly byMethod: ReadonlyMap<string, R>
  readonly values: ReadonlyMap<string, string>
  /** For the `Allow` header. */
  readonly allow: string
}

type Pattern<R> = { readonly parts: readonly string[]; readonly byMethod: Map<string, R> }

/** Finds routes by path. Parts are compared as they are; a slash at the end makes another path. */
export function pathMatcher<R extends Mount>(routes: readonly R[]): (path: string) => Match<R> | undefined {
  const patterns = new Map<string, Pattern<R>>()
  for (const route of routes) {
    const pattern = patterns.get(route.path) ?? { parts: route.path.split('/'), byMethod: new Map<string, R>() }
    pattern.byMethod.set(route.method, route)
    patterns.set(route.path, pattern)
  }
  const all = [...patterns.values()]
  return path => {
    const parts = path.split('/')
    const found = all.find(pattern => fits(pattern, parts))
    if (!found) return undefined
    const values = new Map<string, string>()
    found.parts.forEach((part, i) => {
      if (part.startsWith(':')) values.set(part.slice(1), parts[i] ?? '')
    })
    return { byMethod: found.byMethod, values, allow: [...found.byMethod.keys()].join(', ') }
  }
}

const fits = ({ parts }: Pattern<unknown>, sent: readonly string[]) =>
  parts.length === sent.length && parts.every((part, i) => (part.startsWith(':') ? sent[i] !== '' : part === sent[i]))
