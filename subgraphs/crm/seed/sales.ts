import { at, dayAt } from './calendar.ts'
import { addressIn, leadSource, personIn, prefixed, type DemoAccount, type DemoContact } from './companies.ts'
import type { Maker } from './maker.ts'
import { countries } from './places.ts'
import type { Random } from './random.ts'
import { businesses, companyWords, dealWords, nextSteps, products } from './words.ts'

export type DemoDeal = {
  readonly id: string
  readonly name: string
  readonly account: DemoAccount
  readonly contacts: readonly DemoContact[]
  readonly amount: number
  readonly currencyId: string
  readonly isWon: boolean
  readonly owner: string
}

const roles = {
  'Primary Decision Maker': 3,
  'Business Decision Maker': 2,
  'Technical Decision Maker': 2,
  'Business Evaluator': 3,
  'Technical Evaluator': 3,
  'Executive Sponsor': 1,
  Influencer: 2,
} as const

/** 50 deals at all stages, with the people who decide them. */
export async function seedOpportunities(
  maker: Maker,
  accounts: readonly DemoAccount[],
  contacts: readonly DemoContact[],
  campaigns: readonly string[],
): Promise<DemoDeal[]> {
  const { random } = maker
  const euro = await maker.create(
    'Currencies',
    { name: 'Euro', symbol: '€', iso4217: 'EUR', conversion_rate: 0.92, status: 'Active' },
    { by: '1', at: at(-720) },
  )
  const deals: DemoDeal[] = []
  for (let n = 0; n < 50; n++) {
    const account = random.pick(accounts)
    const stage = random.weighted({
      Prospecting: 4,
      Qualification: 4,
      'Needs Analysis': 3,
      'Value Proposition': 3,
      'Id. Decision Makers': 2,
      'Perception Analysis': 2,
      'Proposal/Price Quote': 5,
      'Negotiation/Review': 4,
      'Closed Won': 8,
      'Closed Lost': 4,
    })
    const isClosed = stage.startsWith('Closed')
    const entered = -random.int(20, 400)
    const amount = random.int(8, 900) * 250
    const name = `${random.pick(dealWords)}, ${account.name}`
    const currencyId = account.country.name === 'Germany' || account.country.name === 'France' ? euro : '-99'
    const id = await maker.create(
      'Opportunities',
      {
        name,
        account_id: account.id,
        amount,
        currency_id: currencyId,
        sales_stage: stage,
        opportunity_type: random.pick(['Existing Business', 'New Business']),
        lead_source: leadSource(random),
        campaign_id: random.chance(0.2) ? random.pick(campaigns) : null,
        date_closed: dayAt(isClosed ? -random.int(1, 20) : random.int(5, 150)),
        next_step: isClosed ? null : random.pick(nextSteps),
        assigned_user_id: account.owner,
      },
      { by: account.owner, at: at(entered, random.int(8, 17), random.int(0, 59)) },
    )
    const people = random.some(
      contacts.filter(contact => contact.account === account),
      random.int(1, 4),
    )
    for (const contact of people)
      await maker.relate('Opportunities', id, 'contacts', [contact.id], { contact_role: random.weighted(roles) })
    deals.push({
      id,
      name,
      account,
      contacts: people,
      amount,
      currencyId,
      isWon: stage === 'Closed Won',
      owner: account.owner,
    })
  }
  return deals
}

/** 200 leads; those that were converted point to what they became. */
export async function seedLeads(
  maker: Maker,
  contacts: readonly DemoContact[],
  deals: readonly DemoDeal[],
  campaigns: readonly string[],
  owners: readonly string[],
): Promise<string[]> {
  const { random } = maker
  const written: Promise<string>[] = []
  const taken = new Set(contacts.map(contact => contact.email))
  for (let n = 0; n < 200; n++) {
    const owner = random.pick(owners)
    const country = random.pick(countries)
    const person = personIn(random, country, 'prospect.example', taken)
    const status = random.weighted({ New: 6, Assigned: 5, 'In Process': 5, Converted: 3, Recycled: 2, Dead: 2 })
    const converted = status === 'Converted' ? conversionOf(random, contacts, deals) : undefined
    const industry = random.pick(Object.keys(businesses) as (keyof typeof businesses)[])
    written.push(
      maker.create(
        'Leads',
        {
          ...person.fields,
          status,
          converted: converted !== undefined,
          account_name: `${random.pick(companyWords)} ${random.pick(businesses[industry])}`,
          ...converted,
          lead_source: leadSource(random),
          lead_source_description: random.chance(0.3)
            ? random.pick(['Asked for a call', 'Left a card at our stand', 'Downloaded the brochure'])
            : null,
          refered_by: random.chance(0.1) ? random.pick(contacts).name : null,
          opportunity_amount: random.chance(0.3) ? String(random.int(4, 200) * 500) : null,
          campaign_id: random.chance(0.3) ? random.pick(campaigns) : null,
          email_opt_out: random.chance(0.05),
          do_not_call: random.chance(0.05),
          website: random.chance(0.3) ? `https://www.${random.pick(companyWords).toLowerCase()}.example` : null,
          assigned_user_id: owner,
        },
        { by: owner, at: at(-random.int(1, 360), random.int(8, 17), random.int(0, 59)) },
      ),
    )
  }
  return Promise.all(written)
}

function conversionOf(random: Random, contacts: readonly DemoContact[], deals: readonly DemoDeal[]) {
  const contact = random.pick(contacts.filter(each => each.account))
  const deal = deals.find(each => each.account === contact.account)
  return {
    contact_id: contact.id,
    account_id: contact.account?.id,
    account_name: contact.account?.name,
    opportunity_id: deal?.id,
    opportunity_name: deal?.name,
  }
}

/** Products, quotes for deals, contracts and invoices for those that were won. */
export async function seedQuotes(maker: Maker, deals: readonly DemoDeal[]): Promise<void> {
  const { random } = maker
  for (const { name, part, price, type } of products) {
    await maker.create(
      'AOS_Products',
      {
        name,
        part_number: part,
        maincode: 'XXXX',
        type,
        price,
        cost: Math.round(price * 0.6),
        currency_id: '-99',
        url: 'https://switchyard.example/shop',
      },
      { by: '1', at: at(-700) },
    )
  }
  const won = deals.filter(deal => deal.isWon)
  const open = deals.filter(deal => !deal.isWon)
  for (const deal of [...won, ...random.some(open, 10)]) {
    const entered = -random.int(5, 60)
    const stamp = { by: deal.owner, at: at(entered, 10, random.int(0, 59)) }
    const billing = {
      ...prefixed('billing_address', addressIn(random, deal.account.country)),
      billing_account_id: deal.account.id,
      billing_contact_id: deal.contacts[0]?.id ?? null,
    }
    const totals = totalsOf(deal.amount)
    const quote = await maker.create(
      'AOS_Quotes',
      {
        name: `Quote: ${deal.name}`,
        ...billing,
        ...totals,
        currency_id: deal.currencyId,
        opportunity_id: deal.id,
        stage: deal.isWon ? 'Closed Accepted' : random.pick(['Draft', 'Negotiation', 'Delivered', 'On Hold']),
        term: random.pick(['Net 15', 'Net 30']),
        approval_status: 'Approved',
        invoice_status: deal.isWon ? 'Invoiced' : 'Not Invoiced',
        expiration: dayAt(entered + 45),
        template_ddown_c: '^standard^',
        assigned_user_id: deal.owner,
      },
      stamp,
    )
    if (!deal.isWon) continue
    const invoice = await maker.create(
      'AOS_Invoices',
      {
        name: `Invoice: ${deal.name}`,
        ...billing,
        ...totals,
        currency_id: deal.currencyId,
        status: random.pick(['Paid', 'Unpaid']),
        invoice_date: dayAt(entered + 3),
        due_date: dayAt(entered + 33),
        quote_date: dayAt(entered),
        template_ddown_c: '^standard^',
        assigned_user_id: deal.owner,
      },
      stamp,
    )
    await maker.relate('AOS_Quotes', quote, 'aos_quotes_aos_invoices', [invoice])
    const contract = await maker.create(
      'AOS_Contracts',
      {
        name: `Contract: ${deal.name}`,
        reference_code: `C-${random.int(1000, 9999)}`,
        contract_account_id: deal.account.id,
        contact_id: deal.contacts[0]?.id ?? null,
        opportunity_id: deal.id,
        ...totals,
        total_contract_value: deal.amount,
        currency_id: deal.currencyId,
        status: random.pick(['Not Started', 'In Progress', 'Signed']),
        start_date: dayAt(entered),
        end_date: dayAt(entered + 365),
        assigned_user_id: deal.owner,
      },
      stamp,
    )
    await maker.relate('AOS_Quotes', quote, 'aos_quotes_aos_contracts', [contract])
  }
}

function totalsOf(amount: number) {
  const tax = amount / 5
  return {
    total_amt: amount,
    discount_amount: 0,
    subtotal_amount: amount,
    tax_amount: tax,
    shipping_amount: 0,
    total_amount: amount + tax,
  }
}
