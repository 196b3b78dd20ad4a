// The editor's background workers, from our own origin.
const files: Readonly<Record<string, string>> = { json: 'json.worker.js', graphql: 'graphql.worker.js' }

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string) =>
      new Worker(new URL(files[label] ?? 'editor.worker.js', import.meta.url), { type: 'module' }),
  },
})

export {}
