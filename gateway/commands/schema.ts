import { Command } from 'commander'

export const schema = new Command('schema')
  .summary('generate the supergraph, the API schema and OpenAPI')
  .description(
    'Writes what is generated from the definitions in schema/ and subgraphs/: schema/supergraph.graphql, schema/api.graphql, schema/openapi/ and schema/scopes.md.\n' +
      'Refuses changes that break clients, unless schema/breaking-changes.txt names them. For developers of Switchyard.',
  )
  .option('--check', 'write nothing; fail when a file is stale')
  .addHelpText('after', '\nExamples:\n  npm run schema\n  npm run schema -- --check')
  .action(async ({ check = false }: { check?: boolean }) => {
    const { generate } = await import('../generate.ts')
    const { stale, breaking } = await generate({ check })
    if (breaking.length > 0) {
      console.error(`These changes break clients:\n${breaking.map(line => `  ${line}`).join('\n')}`)
      console.error('If they are meant, name each in schema/breaking-changes.txt: its path, then why.')
      process.exitCode = 1
    } else if (check && stale.length > 0) {
      console.error(`Stale: ${stale.join(', ')}. Run "npm run schema" and commit the result.`)
      process.exitCode = 1
    } else console.log(stale.length === 0 ? 'Everything is up to date.' : `Written: ${stale.join(', ')}.`)
  })
