import type { Catalog } from '../../schema/catalog.ts'
import { versionColumn } from '../tables/records.ts'
import { customTableOf, placeOf, tablesOf, type TargetColumn } from './plan.ts'
import { quoted, type Source, type SourceTable } from './source.ts'

type Column = { readonly table: string; readonly column: string }

/** What only one of the two databases has. Nothing of it is imported. */
export type Differences = {
  readonly unknownTables: readonly { readonly name: string; readonly rows: number; readonly isExact: boolean }[]
  readonly unknownColumns: readonly Column[]
  readonly missingTables: readonly string[]
  readonly missingColumns: readonly Column[]
}

/** Beyond this, MySQL's guess has to do: a count reads the whole table. */
const countedMax = 100_000

export async function differencesOf(
  catalog: Catalog,
  source: Source,
  targets: ReadonlyMap<string, ReadonlyMap<string, TargetColumn>>,
): Promise<Differences> {
  const ours = [...tablesOf(catalog), 'config']
  const known = new Set(ours.flatMap(table => [table, ...(source.tables.has(table) ? [customTableOf(table)] : [])]))
  const unknownTables = []
  for (const { name, rowsAbout } of source.tables.values()) {
    if (known.has(name)) continue
    const isExact = rowsAbout <= countedMax
    unknownTables.push({
      name,
      isExact,
      rows: isExact ? await source.count(`select count(*) from ${quoted(name)}`) : rowsAbout,
    })
  }

  const unknownColumns: Column[] = []
  const missingColumns: Column[] = []
  for (const table of ours) {
    const own = source.tables.get(table)
    const target = targets.get(table)
    if (!own || !target) continue
    const custom = source.tables.get(customTableOf(table))
    const used = { t: new Set<string>(), c: new Set(['id_c']) }
    for (const name of target.keys()) {
      const place = placeOf(catalog, table, name, own, custom)
      if (place) used[place.alias].add(place.column.name)
      else if (name !== versionColumn && !ownColumns.has(`${table}.${name}`))
        missingColumns.push({ table, column: name })
    }
    unknownColumns.push(...unused(own, used.t), ...(custom ? unused(custom, used.c) : []))
  }
  const missingTables = ours.filter(table => !source.tables.has(table))
  return { unknownTables, unknownColumns, missingTables, missingColumns }
}

/** What we keep in SuiteCRM's tables besides; no source has it. */
const ownColumns: ReadonlySet<string> = new Set(['fields_meta_data.label', 'fields_meta_data.sensitive'])

const unused = ({ name, columns }: SourceTable, used: ReadonlySet<string>) =>
  [...columns.values()].filter(column => !used.has(column.name)).map(column => ({ table: name, column: column.name }))
