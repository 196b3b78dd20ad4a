import type { Module } from '../../schema/module.ts'
import { isNode } from '../v8/record.ts'
import type { Call } from './call.ts'
import { etagOf } from './document.ts'
import * as operations from './operations.ts'
import { Problem, problem } from './problem.ts'
import { noRecord } from './read.ts'
import { run } from './run.ts'

/**
 * The version that the record must still have, by `If-Match`: what the graph compares while it holds the record.
 *
 * Several tags, and tags that are none of ours, are compared here first.
 *
 * @returns undefined when any version will do
 * @throws Problem  PRECONDITION_REQUIRED, PRECONDITION_FAILED, NOT_FOUND
 */
export async function expectedVersion(call: Call, module: Module, id: string): Promise<number | undefined> {
  const { ifMatch, requiresIfMatch } = call
  if (ifMatch === undefined) {
    if (requiresIfMatch)
      throw problem('PRECONDITION_REQUIRED', 'Send If-Match with the ETag of the record as you read it', {
        header: 'If-Match',
      })
    return undefined
  }
  if (ifMatch.trim() === '*') return undefined
  const versions = ifMatch.split(',').map(tag => Number(/^\s*"(\d{1,9})"\s*$/.exec(tag)?.[1] ?? Number.NaN))
  const [only] = versions
  if (versions.length === 1 && only !== undefined && !Number.isNaN(only)) return only
  const current = await currentVersion(call, module, id)
  if (versions.includes(current)) return current
  throw changed(module, id, current)
}

/** Runs a change, and says what the record's tag is now when that is why it was refused. */
export async function ifUnchanged<Result>(module: Module, id: string, change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    const version = error instanceof Problem && error.faults[0].code === 'CONFLICT' && error.faults[0].meta?.['version']
    throw typeof version === 'number' ? changed(module, id, version) : error
  }
}

async function currentVersion(call: Call, module: Module, id: string): Promise<number> {
  const { r } = await run(call, operations.readOne(call.catalog, module, 'id record_version'), { id })
  if (!isNode(r)) throw noRecord(module, id)
  return Number(r['record_version'])
}

const changed = (module: Module, id: string, version: number) =>
  new Problem(
    [
      {
        code: 'PRECONDITION_FAILED',
        detail: `${module.name} ${id} has changed since`,
        source: { header: 'If-Match' },
        meta: { version },
      },
    ],
    { etag: etagOf(version) },
  )
