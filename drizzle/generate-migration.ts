import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api-postgres'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrationsFolder } from './migrate.ts'
import { tables } from './tables.ts'

/**
 * Writes the migration that leads from the newest snapshot to the tables as they are defined now.
 *
 * @param name  what changes, as part of the folder's name
 * @returns the statements; none when the tables have not changed, and then nothing is written
 */
export async function generateNextMigration(name: string, options: { write: boolean; now?: Date }): Promise<string[]> {
  const previous = newestSnapshot()
  const current = await generateDrizzleJson(Object.fromEntries(tables.entries()), previous?.id)
  const statements = await generateMigration(previous ?? (await generateDrizzleJson({})), current)
  if (statements.length === 0 || !options.write) return statements
  const stamp = (options.now ?? new Date()).toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(migrationsFolder, `${stamp}_${name}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'migration.sql'), `${statements.join('\n--> statement-breakpoint\n')}\n`)
  writeFileSync(join(folder, 'snapshot.json'), `${JSON.stringify(current)}\n`)
  return statements
}

function newestSnapshot() {
  if (!existsSync(migrationsFolder)) return undefined
  const newest = readdirSync(migrationsFolder).sort().at(-1)
  return newest ? JSON.parse(readFileSync(join(migrationsFolder, newest, 'snapshot.json'), 'utf8')) : undefined
}
