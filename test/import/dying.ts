import { argv, kill, pid } from 'node:process'
import { connect } from '../../drizzle/client.ts'
import { importSuitecrm } from '../../drizzle/import/import.ts'

// A process of its own that imports, and dies as by kill -9 once it has stored so many rows of one table.
const [source = '', target = '', table = '', rows = ''] = argv.slice(2)
let part = ''
let stored = 0

await importSuitecrm({
  source,
  pool: connect(target, { max: 2 }),
  filesDir: '/nowhere',
  progress: {
    begin: name => void (part = name),
    advance(by) {
      if (part === table) stored += by
      if (stored >= Number(rows)) kill(pid, 'SIGKILL')
    },
    end() {},
  },
})
