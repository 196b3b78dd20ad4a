// For developers: `npm run migration -- what_changes` writes the migration that the tables need.
import { generateNextMigration } from './generate-migration.ts'

const name = process.argv[2] ?? ''
if (/^[a-z0-9_]{1,40}$/.test(name)) {
  const statements = await generateNextMigration(name, { write: true })
  process.stdout.write(`${statements.length === 0 ? 'The migrations are up to date.' : statements.join('\n')}\n`)
} else {
  process.stderr.write('Say what changes, in letters, digits and _: npm run migration -- add_account_rating\n')
  process.exitCode = 1
}
