import { connect } from '../../drizzle/client.ts'
import { transaction } from '../../drizzle/context.ts'
import { readConfig } from '../../gateway/config.ts'
import { operatorContext } from '../../gateway/operator.ts'
import { createRecord } from '../../subgraphs/crm/create.ts'
import { deleteRecord } from '../../subgraphs/crm/delete.ts'
import { relateRecords } from '../../subgraphs/crm/relate.ts'
import { updateRecord } from '../../subgraphs/crm/update.ts'

// A process of its own that changes records, several at once, until it is killed; every third transaction is rolled back.
const [url = ''] = process.argv.slice(2)
const ctx = await operatorContext(connect(url, { max: 4 }), readConfig({ DATABASE_URL: url }), 'dying')
const named = (name: string) => {
  const module = ctx.catalog.byName.get(name)
  if (!module) throw new Error(`no module ${name}`)
  return module
}
const [accounts, contacts] = [named('Accounts'), named('Contacts')]
const undo = new Error('rolled back')

async function writeOn(): Promise<never> {
  let last: string | undefined
  for (let n = 0; ; n += 1) {
    const made = transaction(ctx, async tx => {
      const { id } = await createRecord(tx, accounts, { name: `n${n}`, industry: 'Retail' })
      const contact = await createRecord(tx, contacts, { last_name: `n${n}` })
      await relateRecords(tx, accounts, id, 'contacts', [contact.id])
      await updateRecord(tx, accounts, id, { phone_office: String(n), industry: 'Banking' })
      if (last !== undefined && n % 2 === 0) await deleteRecord(tx, accounts, last)
      if (n % 3 === 2) throw undo
      return id
    })
    last = await made.catch((error: unknown) => {
      if (error !== undo) throw error
      return last
    })
    if (n === 0) console.log('ready')
  }
}

await Promise.all([writeOn(), writeOn(), writeOn()])
