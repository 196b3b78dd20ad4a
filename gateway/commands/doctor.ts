import { Command } from 'commander'
import type { Finding } from '../doctor.ts'

const marks: Record<Finding['state'], string> = { ok: 'ok    ', note: 'note  ', wrong: 'WRONG ' }

export const doctor = new Command('doctor')
  .summary('tell what is wrong and how to fix it')
  .description(
    'Checks Node, the installed packages, the settings, DATA_DIR, the disk, the port and the database, as "switchyard serve" would find them.\n' +
      'Changes nothing. Ends with code 1 when something is wrong.',
  )
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard doctor\n  DATABASE_URL=postgres://me:secret@db/crm npx switchyard doctor',
  )
  .action(async () => {
    const { examine } = await import('../doctor.ts')
    let wrongs = 0
    for await (const { state, what, fix } of examine(process.env)) {
      if (state === 'wrong') wrongs += 1
      console.log(`${marks[state]}${indented(what)}${fix ? `\n        ${indented(fix)}` : ''}`)
    }
    console.log(wrongs > 0 ? `\n${wrongs} ${wrongs === 1 ? 'thing is' : 'things are'} wrong.` : '\nEverything is fine.')
    process.exitCode = wrongs > 0 ? 1 : 0
  })

const indented = (text: string) => text.replaceAll('\n', '\n        ')
