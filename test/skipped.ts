import type { Reporter, TestModule } from 'vitest/node'

/** Names what did not run, so that a green run does not hide it. */
export class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const skipped = modules.flatMap(module =>
      [...module.children.allTests('skipped')].map(test => `  ${module.relativeModuleId} > ${test.fullName}`),
    )
    if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.join('\n')}\n`)
  }
}
