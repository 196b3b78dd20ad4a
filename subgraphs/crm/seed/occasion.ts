import type { DemoAccount, DemoContact } from './companies.ts'
import type { Random } from './random.ts'
import type { DemoDeal } from './sales.ts'

/** Whom activities are about. */
export type Audience = {
  readonly accounts: readonly DemoAccount[]
  readonly contacts: readonly DemoContact[]
  readonly deals: readonly DemoDeal[]
  readonly leads: readonly string[]
  readonly cases: readonly string[]
  readonly owners: readonly string[]
}

/** Something that an activity can be about, whose it is, and who takes part. */
export function occasion(random: Random, { accounts, contacts, deals, leads, cases, owners }: Audience) {
  const kind = random.weighted({ Accounts: 5, Opportunities: 4, Leads: 2, Cases: 2, Contacts: 1 })
  const of = (parentId: string, owner: string, people: readonly DemoContact[]) => ({
    parent: { parent_type: kind, parent_id: parentId },
    owner,
    people,
  })
  switch (kind) {
    case 'Accounts': {
      const account = random.pick(accounts)
      return of(
        account.id,
        account.owner,
        random.some(
          contacts.filter(contact => contact.account === account),
          random.int(0, 3),
        ),
      )
    }
    case 'Opportunities': {
      const deal = random.pick(deals)
      return of(deal.id, deal.owner, deal.contacts)
    }
    case 'Contacts': {
      const contact = random.pick(contacts)
      return of(contact.id, contact.owner, [contact])
    }
    case 'Leads':
      return of(random.pick(leads), random.pick(owners), [])
    case 'Cases':
      return of(random.pick(cases), random.pick(owners), [])
  }
}
