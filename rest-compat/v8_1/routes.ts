import type { Method, Mount } from '../v8/routes.ts'
import { runOperations } from './atomic.ts'
import type { Handle } from './call.ts'
import { cancelJob, listJobs, readJob, readJobResults, rowTypes, startBulk, startExport } from './jobs.ts'
import { atomicType } from './media.ts'
import { listFields, listModules, logout, readCurrentUser } from './meta.ts'
import { listRecords, readRecord, readRelated } from './read.ts'
import { addToLink, readLinkage, setLink, takeFromLink, takeOneFromLink } from './relationships.ts'
import { createRecord, deleteRecord, updateRecord } from './save.ts'

/** Where a field of the 8.1 view is mounted, and what answers it. */
export type Route = Mount & Media & { readonly handle: Handle }

/** What a route takes and answers that is no plain JSON:API. */
type Media = {
  readonly takes?: readonly string[]
  readonly answers?: string
  /** Whether the body is parsed before the handler has it. */
  readonly reads?: 'json' | 'bytes'
}

const module = '/module/:moduleName'
const record = `${module}/:id`
const linkage = `${record}/relationships/:linkFieldName`

// The addresses are those of 8.0, and beside them those that JSON:API recommends.
// prettier-ignore
const table: readonly (readonly [field: string, Method, path: string, status: number, tag: string, scope: string, Handle])[] = [
  ['Query.listModules',         'GET',    '/meta/modules',                200, 'Meta',          'metadata:read',      listModules],
  ['Query.listFields',          'GET',    '/meta/fields/:moduleName',     200, 'Meta',          'metadata:read',      listFields],
  ['Query.readCurrentUser',     'GET',    '/current-user',                200, 'Users',         'records:read:Users', readCurrentUser],
  ['Mutation.logout',           'POST',   '/logout',                      204, 'Session',       '',                   logout],
  ['Query.listRecords',         'GET',    module,                         200, 'Records',       'records:read',       listRecords],
  ['Mutation.createRecord',     'POST',   module,                         201, 'Records',       'records:write',      createRecord],
  ['Mutation.createOfType',     'POST',   '/module',                      201, 'Records',       'records:write',      createRecord],
  ['Mutation.updateOfType',     'PATCH',  '/module',                      200, 'Records',       'records:write',      updateRecord],
  ['Query.readRecord',          'GET',    record,                         200, 'Records',       'records:read',       readRecord],
  ['Mutation.updateRecord',     'PATCH',  record,                         200, 'Records',       'records:write',      updateRecord],
  ['Mutation.deleteRecord',     'DELETE', record,                         204, 'Records',       'records:delete',     deleteRecord],
  ['Query.readLinkage',         'GET',    linkage,                        200, 'Relationships', 'records:read',       readLinkage],
  ['Mutation.addToLink',        'POST',   linkage,                        204, 'Relationships', 'records:write',      addToLink],
  ['Mutation.setLink',          'PATCH',  linkage,                        204, 'Relationships', 'records:write',      setLink],
  ['Mutation.takeFromLink',     'DELETE', linkage,                        204, 'Relationships', 'records:write',      takeFromLink],
  ['Mutation.takeOneFromLink',  'DELETE', `${linkage}/:relatedBeanId`,    204, 'Relationships', 'records:write',      takeOneFromLink],
  ['Mutation.runOperations',    'POST',   '/operations',                  200, 'Operations',    'records:write',      runOperations],
  ['Mutation.startBulk',        'POST',   '/bulk/:moduleName',            202, 'Jobs',          'records:write',      startBulk],
  ['Mutation.startExport',      'POST',   '/exports',                     202, 'Jobs',          'records:read',       startExport],
  ['Query.listJobs',            'GET',    '/jobs',                        200, 'Jobs',          '',                   listJobs],
  ['Query.readJob',             'GET',    '/jobs/:id',                    200, 'Jobs',          '',                   readJob],
  ['Mutation.cancelJob',        'DELETE', '/jobs/:id',                    200, 'Jobs',          '',                   cancelJob],
  ['Query.readJobResults',      'GET',    '/jobs/:id/results',            200, 'Jobs',          '',                   readJobResults],
  ['Query.readRelated',         'GET',    `${record}/:linkFieldName`,     200, 'Relationships', 'records:read',       readRelated],
]

const media: Readonly<Record<string, Media>> = {
  'Mutation.runOperations': { takes: [atomicType], answers: atomicType },
  'Mutation.startBulk': { takes: rowTypes, reads: 'bytes' },
  'Query.readJobResults': { answers: 'application/x-ndjson' },
}

/** @param describe  answers the document that describes all of them */
export const routesWith = (describe: Handle): readonly Route[] =>
  [...table, ['Query.readOpenApi', 'GET', '/meta/openapi.json', 200, 'Meta', '', describe] as const].map(
    ([field, method, path, status, tag, scope, handle]) => ({
      ...{ field, method, path, status, tag, handle },
      ...media[field],
      ...(scope && { scope }),
    }),
  )
