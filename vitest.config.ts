import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SkippedReporter } from './test/skipped.ts'

/**
 * Vite inlines graphql's ES module for our files while its CommonJS users load the other copy, and then "Cannot use GraphQLSchema from
 * another module or realm". So everybody gets the CommonJS copy. (mainFields, ssr.external and deps.external do not help.)
 */
const alias = [
  { find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) },
]

export default defineConfig({
  test: {
    reporters: ['default', new SkippedReporter()],
    // Tests wait for their databases and servers half of the time: vitest's own choice would leave one of two cores idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // The arrows between the rooms: reads the sources only, so `npm run check` can afford it.
      { test: { name: 'rooms', include: ['test/rooms.test.ts'] } },
      {
        resolve: { alias },
        test: {
          name: 'house',
          include: ['test/**/*.test.ts'],
          exclude: ['test/rooms.test.ts', '**/node_modules/**'],
          globalSetup: ['test/cluster.ts'],
          setupFiles: ['test/offline.ts'],
          env: { APOLLO_TELEMETRY_DISABLED: '1' },
          // What is waited for comes when the machine has time for it.
          expect: { poll: { timeout: 10_000 } },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
