import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import type { Pool } from '../../../drizzle/client.ts'
import type { Context } from '../../../drizzle/context.ts'
import { findRecord, type Deletion } from '../../../drizzle/select.ts'
import { accessBy, fullAccess } from '../../../schema/access.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { isStored } from '../../../schema/field.ts'
import { defaultDateStyle } from '../../../schema/principal.ts'
import { createRecord } from '../../../subgraphs/crm/create.ts'
import { deleteRecord } from '../../../subgraphs/crm/delete.ts'
import { relateRecords, unrelateRecords } from '../../../subgraphs/crm/relate.ts'
import { updateRecord } from '../../../subgraphs/crm/update.ts'
import { passwordsOf } from '../../passwords.ts'

type Input = Readonly<Record<string, unknown>>

export const moduleNamed = (name: string) => {
  const module = coreCatalog.byName.get(name)
  if (!module) throw new Error(`no module ${name}`)
  return module
}

/** A client that writes: what it sends is checked, or stored as SuiteCRM would. The clock stands still. */
export function writer(
  sql: Pool,
  options: { validation?: Context['validation']; userId?: string; isAdmin?: boolean; now?: string } = {},
) {
  const { validation = 'strict', userId = '1', isAdmin = true, now = '2030-03-04T10:30:00Z' } = options
  const ctx: Context = {
    sql,
    catalog: coreCatalog,
    principal: { kind: 'user', userId, userName: userId, isAdmin, scopes: 'all', dateStyle: defaultDateStyle },
    access: isAdmin ? fullAccess : accessBy(userId, []),
    now: () => new Date(now),
    requestId: 'test',
    validation,
    filesDir,
    passwords: passwordsOf(sql),
    batches: new Map(),
  }
  return {
    ctx,
    create: async (module: string, input: Input) => (await createRecord(ctx, moduleNamed(module), input)).id,
    update: (module: string, id: string, input: Input, version?: number) =>
      updateRecord(ctx, moduleNamed(module), id, input, version),
    remove: (module: string, id: string, version?: number) => deleteRecord(ctx, moduleNamed(module), id, version),
    relate: (module: string, id: string, link: string, relatedIds: string[], values?: Input) =>
      relateRecords(ctx, moduleNamed(module), id, link, relatedIds, values),
    unrelate: (module: string, id: string, link: string, relatedIds: string[]) =>
      unrelateRecords(ctx, moduleNamed(module), id, link, relatedIds),
    /** Every column and the derived fields that are named. */
    read: async (module: string, id: string, derived: readonly string[] = [], deleted: Deletion = 'EXCLUDE') => {
      const { fields } = moduleNamed(module)
      const stored = Object.keys(fields).filter(
        name => fields[name] && isStored(fields[name]) && !fields[name].sensitive,
      )
      return findRecord(ctx, moduleNamed(module), id, [...stored, 'record_version', ...derived], { deleted })
    },
  }
}

export const filesDir = mkdtempSync(path.join(tmpdir(), 'switchyard-files-'))
afterAll(() => rmSync(filesDir, { recursive: true, force: true }))
