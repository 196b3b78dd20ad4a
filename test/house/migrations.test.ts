import { expect, it } from 'vitest'
import { generateNextMigration } from '../../drizzle/generate-migration.ts'

it('migrations lead to the tables as they are defined', async () => {
  expect(await generateNextMigration('missing', { write: false })).toEqual([])
})
