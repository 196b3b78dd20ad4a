import { once } from 'node:events'
import { Command } from 'commander'
import { settingsHelp } from '../config.ts'

export const serve = new Command('serve')
  .summary('start the server')
  .description(
    'Starts Switchyard: its private PostgreSQL (unless DATABASE_URL names another), the migrations that are missing, and the three APIs.\n' +
      'The first start of a private database fills it with demo records (DEMO_DATA). Ctrl-C stops everything.',
  )
  .option('--subgraph <name>', 'serve only this subgraph, for gateways that name this process in SUBGRAPHS')
  .addHelpText(
    'after',
    () => `
${settingsHelp(process.stdout.columns)}

Examples:
  npx switchyard serve
  PORT=8080 DATA_DIR=/srv/switchyard npx switchyard serve
  DATABASE_URL=postgres://me:secret@db/crm npx switchyard serve
  PORT=4001 INTERNAL_KEY=... npx switchyard serve --subgraph crm
  SUBGRAPHS=crm=http://127.0.0.1:4001 INTERNAL_KEY=... npx switchyard serve`,
  )
  .action(async ({ subgraph }: { subgraph?: string }) => {
    const { readConfig } = await import('../config.ts')
    const { stopSignal } = await import('../stop-signal.ts')
    const house = await import('../serve.ts')
    const config = readConfig(process.env)
    const stop = stopSignal()
    const say = (message: string) => console.error(message)

    const served = subgraph ? await house.serveSubgraph(config, subgraph, { say }) : await house.serve(config, { say })
    console.log(served.welcome)
    if (!stop.aborted) await once(stop, 'abort')
    say('Stopping')
    await served.close()
  })
