import type { Context } from '../../../drizzle/context.ts'
import type { Module } from '../../../schema/module.ts'
import { createRecord } from '../create.ts'
import { relateRecords } from '../relate.ts'
import type { Random } from './random.ts'

type Values = Readonly<Record<string, unknown>>

/** Who made a record, and when. */
export type Stamp = { readonly by: string; readonly at: Date }

/** What the parts of the demo make records with. */
export type Maker = {
  readonly random: Random
  /** Makes a record as if a user had done so some time ago. Its id follows from the seed, the module and how many there are. */
  create(module: string, values: Values, stamp: Stamp): Promise<string>
  relate(module: string, id: string, link: string, relatedIds: readonly string[], values?: Values): Promise<void>
  /** The maker of another part, with chance of its own. */
  fork(name: string): Maker
}

/**
 * @param onCreated  told of each record
 */
export function makerOn(ctx: Context, random: Random, onCreated: (module: string) => void): Maker {
  const made = new Map<string, number>()
  const modules = new Map<string, Module>(ctx.catalog.byName)
  const moduleNamed = (name: string) => {
    const module = modules.get(name)
    if (!module) throw new Error(`there is no module ${name}`)
    return module
  }
  const forkedFrom = (source: Random): Maker => ({
    random: source,
    async create(name, values, { by, at }) {
      const n = (made.get(name) ?? 0) + 1
      made.set(name, n)
      const acting = { ...ctx, principal: { ...ctx.principal, userId: by }, now: () => at, batches: new Map() }
      const { id } = await createRecord(acting, moduleNamed(name), { id: random.id(name, n), ...values })
      onCreated(name)
      return id
    },
    async relate(name, id, link, relatedIds, values) {
      if (relatedIds.length > 0) await relateRecords(ctx, moduleNamed(name), id, link, relatedIds, values)
    },
    fork: name => forkedFrom(random.fork(name)),
  })
  return forkedFrom(random)
}
