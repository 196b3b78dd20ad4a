import { Command } from 'commander'
import type { Explanation, Step } from '../../subgraphs/ops/explain.ts'
import { asOperator } from './as-operator.ts'
import { minuteOf, print } from './table.ts'

export const explain = new Command('explain')
  .summary('tell why a request was refused something, or found nothing')
  .description(
    'Shows for a request, by the X-Request-Id of its answer, the rules that it went through as they are today, and the\n' +
      'smallest grant after which it would be answered. Requests are remembered for seven days, a second after they end.',
  )
  .argument('<request id>', 'the X-Request-Id of the answer')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Examples:
  npx switchyard explain nightly-export-7
  npx switchyard explain nightly-export-7 --json`,
  )
  .action(async (requestId: string, options: { json?: boolean }) => {
    const { StartupError } = await import('../../drizzle/startup-error.ts')
    const { explainDenial } = await import('../../subgraphs/ops/explain.ts')
    await asOperator('explain', async ctx => {
      const denials = await explainDenial(ctx, requestId)
      if (denials.length === 0) throw new StartupError(nothingDenied)
      print(options, denials, denials.map(told).join('\n\n'))
    })
  })

const nothingDenied =
  'Nothing was denied to a request of that id in seven days. If it found nothing, there was nothing to find: the record ' +
  'does not exist, or was deleted.'

function told({ steps, smallestGrant, ...denial }: Explanation): string {
  const grant =
    smallestGrant.length > 0
      ? ['It would be answered with', ...smallestGrant.map(each => `  ${each}`)]
      : ['No right would help, or none is missing any more.']
  return [headOf(denial), ...steps.map(stepOf), ...grant].join('\n')
}

function headOf(denial: Omit<Explanation, 'steps' | 'smallestGrant'>): string {
  const { at, door, operation, kind, module, recordId, action } = denial
  const what = [action, module, recordId].filter(Boolean).join(' ')
  return [minuteOf(at), door, operation, `${kind}${what && `: ${what}`}`].filter(Boolean).join('  ')
}

const stepOf = ({ rule, passed, says }: Step) =>
  `  ${passed === undefined ? ' ' : passed ? '+' : '-'} ${rule.padEnd(20)} ${says}`
