import { Command } from 'commander'
import { asOperator } from './as-operator.ts'
import { print } from './table.ts'

type Options = { readonly head?: string; readonly json?: boolean }

export const auditVerify = new Command('verify')
  .summary('prove that the audit trail is as it was written')
  .description(
    'Computes the chain of hashes anew and names the first entry that was changed, removed, moved or put in. Ends with code 1\n' +
      'when there is one. It prints the hash of the newest entry: kept elsewhere and given as --head the next time, it also\n' +
      'tells whether the end was cut off, or everything was written anew.',
  )
  .option('--head <hash>', 'a hash that was printed before: its entry must still be there')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  npx switchyard audit verify\n  npx switchyard audit verify --head 9b74c9897bac770f...',
  )
  .action(async ({ head, ...options }: Options) => {
    const { verifyTrail } = await import('../../drizzle/verify-audit.ts')
    await asOperator('audit verify', async ({ sql }) => {
      const verdict = await verifyTrail(sql, { head })
      const { count, fault } = verdict
      const newest = verdict.head ? `\nhead  ${verdict.head.hash}` : ''
      const entries = `${count} ${count === 1 ? 'entry' : 'entries'}`
      const says = fault
        ? `Broken at entry ${fault.seq}: ${fault.why}. The ${entries} before it are as they were written.`
        : `${entries}, all as they were written.${newest}`
      print(options, verdict, says)
      if (fault) process.exitCode = 1
    })
  })
