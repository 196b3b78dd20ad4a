import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StartupError } from '../../drizzle/startup-error.ts'
import { asOperator } from './as-operator.ts'
import { minuteOf, print, tableOf } from './table.ts'

type Json = { json?: boolean }

const clientArgument = 'id of an API client or key'

const register = new Command('register')
  .summary('register GraphQL documents for an API client')
  .description(
    'Registers GraphQL documents for an API client, so that it can send their ids, and with GRAPHQL_DOCUMENTS=only nothing ' +
      'else. Files hold a document each, or are manifests of @apollo/generate-persisted-query-manifest (.json).',
  )
  .argument('<client>', clientArgument)
  .argument('<file...>', 'files with documents')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard document register 3f1c... queries/accounts.graphql
  npx switchyard document register 3f1c... persisted-query-manifest.json --json`,
  )
  .action(async (clientId: string, files: string[], options: Json) => {
    const { registerDocuments } = await import('../../subgraphs/identity/documents.ts')
    const texts = (await Promise.all(files.map(textsIn))).flat()
    await asOperator('document register', async ctx => {
      const ids = await registerDocuments(ctx, clientId, texts)
      print(options, ids, ids.join('\n'))
    })
  })

const list = new Command('list')
  .summary('show what is registered')
  .description('Shows the documents that are registered for an API client.')
  .argument('<client>', clientArgument)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard document list 3f1c...\n  npx switchyard document list 3f1c... --json',
  )
  .action(async (clientId: string, options: Json) => {
    const { listDocuments } = await import('../../subgraphs/identity/documents.ts')
    await asOperator('document list', async ctx => {
      const documents = await listDocuments(ctx, clientId)
      const rows = documents.map(({ id, registeredAt, text }) => [id, minuteOf(registeredAt), beginningOf(text)])
      print(options, documents, tableOf(['id', 'registered', 'begins'], rows))
    })
  })

const remove = new Command('remove')
  .summary('take a document back')
  .description('The client may no longer run the document; that holds everywhere within two seconds.')
  .argument('<client>', clientArgument)
  .argument('<id>', 'sha256:... as `document list` shows it')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npx switchyard document remove 3f1c... sha256:9b74c9897bac770f...')
  .action(async (clientId: string, id: string, options: Json) => {
    const { removeDocument } = await import('../../subgraphs/identity/documents.ts')
    await asOperator('document remove', async ctx => {
      const removed = await removeDocument(ctx, clientId, id)
      print(options, { removed }, `${removed} is not registered any more.`)
    })
  })

export const document = new Command('document')
  .summary('GraphQL documents that API clients may run by their id')
  .description('Registers, shows and removes GraphQL documents that API clients may run by their id.')
  .helpCommand(false)
  .addCommand(register)
  .addCommand(list)
  .addCommand(remove)

const manifestSchema = z.object({ operations: z.array(z.object({ body: z.string() })) })

/** @throws StartupError  the file cannot be read, or is no manifest */
async function textsIn(file: string): Promise<string[]> {
  try {
    const text = await readFile(file, 'utf8')
    return file.endsWith('.json') ? manifestSchema.parse(JSON.parse(text)).operations.map(({ body }) => body) : [text]
  } catch (error) {
    throw new StartupError(`${file} cannot be read as documents, or as a manifest when it ends in .json.`, {
      cause: error,
    })
  }
}

const beginningOf = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 60)
