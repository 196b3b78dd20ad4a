import { at, dayAt } from './calendar.ts'
import type { DemoAccount, DemoContact } from './companies.ts'
import type { Maker, Stamp } from './maker.ts'
import type { DemoDeal } from './sales.ts'
import { bugSubjects, caseSubjects } from './words.ts'

/** 50 cases of customers, and 25 bugs that stand behind some. */
export async function seedCases(
  maker: Maker,
  accounts: readonly DemoAccount[],
  contacts: readonly DemoContact[],
  owners: readonly string[],
): Promise<string[]> {
  const { random } = maker
  const cases: string[] = []
  for (let n = 0; n < 50; n++) {
    const account = random.pick(accounts)
    const { name, type, resolution } = random.pick(caseSubjects)
    const status = random.weighted({
      Open_New: 4,
      Open_Assigned: 4,
      'Open_Pending Input': 2,
      Closed_Closed: 6,
      Closed_Rejected: 1,
      Closed_Duplicate: 1,
    })
    const owner = random.pick(owners)
    const id = await maker.create(
      'Cases',
      {
        name,
        type,
        status,
        priority: random.weighted({ P1: 1, P2: 3, P3: 4 }),
        account_id: account.id,
        description: `${name}, says ${account.name}.`,
        resolution: status === 'Closed_Closed' ? resolution : null,
        assigned_user_id: owner,
      },
      { by: owner, at: at(-random.int(1, 200), random.int(8, 17), random.int(0, 59)) },
    )
    const caller = contacts.find(contact => contact.account === account)
    if (caller) await maker.relate('Cases', id, 'contacts', [caller.id], { contact_role: 'Primary Contact' })
    cases.push(id)
  }
  for (let n = 0; n < 25; n++) {
    const owner = random.pick(owners)
    const status = random.pick(['New', 'Assigned', 'Closed', 'Pending', 'Rejected'])
    const id = await maker.create(
      'Bugs',
      {
        name: random.pick(bugSubjects),
        type: random.weighted({ Defect: 4, Feature: 1 }),
        status,
        priority: random.pick(['Urgent', 'High', 'Medium', 'Low']),
        source: random.pick(['Internal', 'Forum', 'Web']),
        resolution: status === 'Closed' ? 'Fixed' : null,
        description: 'Steps: open the list, sort it, look at the last page.',
        assigned_user_id: owner,
      },
      { by: owner, at: at(-random.int(1, 200), random.int(8, 17), random.int(0, 59)) },
    )
    await maker.relate('Bugs', id, 'cases', random.some(cases, random.int(0, 2)))
    if (random.chance(0.5)) await maker.relate('Bugs', id, 'accounts', [random.pick(accounts).id])
  }
  return cases
}

/** Documents with their files, one of them revised. */
export async function seedDocuments(
  maker: Maker,
  accounts: readonly DemoAccount[],
  deals: readonly DemoDeal[],
  owners: readonly string[],
): Promise<void> {
  const { random } = maker
  const papers = [
    { name: 'Price list.csv', text: 'part;price\nSY-100;1200\nSY-200;4800\n', category: 'Sales' },
    {
      name: 'General terms.txt',
      text: 'General terms and conditions\n\n1. Scope\n2. Prices\n3. Liability\n',
      category: 'Sales',
    },
    { name: 'Product overview.txt', text: 'Switchyard: one API for all your customer data.\n', category: 'Marketing' },
    { name: 'Reference Müller & Söhne.txt', text: '„Läuft seit drei Jahren ohne Störung.“\n', category: 'Marketing' },
    {
      name: 'First steps.txt',
      text: 'How to sign in, how to import, how to ask for help.\n',
      category: 'Knowledege Base',
    },
    {
      name: 'Security questionnaire.csv',
      text: 'question,answer\nEncrypted at rest?,yes\n',
      category: 'Knowledege Base',
    },
  ]
  for (const { name, text, category } of papers) {
    const by = random.pick(owners)
    const days = -random.int(30, 500)
    const id = await maker.create(
      'Documents',
      {
        document_name: name,
        category_id: category,
        status_id: 'Active',
        active_date: dayAt(days),
        assigned_user_id: by,
      },
      { by, at: at(days) },
    )
    const revise = (revision: string, log: string, contents: string, stamp: Stamp) =>
      maker.create(
        'DocumentRevisions',
        {
          document_id: id,
          filename: name.toLowerCase().replaceAll(' ', '-'),
          filecontents: Buffer.from(contents).toString('base64'),
          revision,
          change_log: log,
        },
        stamp,
      )
    await revise('1', 'Document Created', text, { by, at: at(days, 9, 1) })
    if (category === 'Sales') await revise('2', 'New prices and terms', `${text}\nRevised.\n`, { by, at: at(-10) })
    await maker.relate(
      'Documents',
      id,
      'accounts',
      random.some(accounts, 3).map(account => account.id),
    )
    await maker.relate(
      'Documents',
      id,
      'opportunities',
      random.some(deals, 2).map(deal => deal.id),
    )
  }
}

/** Three projects with their tasks, one after the other. */
export async function seedProjects(maker: Maker, deals: readonly DemoDeal[], owners: readonly string[]): Promise<void> {
  const { random } = maker
  const steps = ['Plan', 'Import the data', 'Connect the shop', 'Train the team', 'Go live']
  for (const deal of random.some(
    deals.filter(each => each.isWon),
    3,
  )) {
    const start = -random.int(20, 60)
    const owner = random.pick(owners)
    const stamp = { by: owner, at: at(start - 10) }
    const id = await maker.create(
      'Project',
      {
        name: `Introduction at ${deal.account.name}`,
        estimated_start_date: dayAt(start),
        estimated_end_date: dayAt(start + 70),
        status: random.pick(['In Review', 'Underway']),
        priority: random.pick(['high', 'medium']),
        assigned_user_id: owner,
      },
      stamp,
    )
    for (const [n, name] of steps.entries()) {
      const begin = start + n * 14
      const percent = begin + 14 < 0 ? 100 : begin < 0 ? random.int(10, 90) : 0
      await maker.create(
        'ProjectTask',
        {
          name,
          project_id: id,
          project_task_id: n + 1,
          order_number: n + 1,
          predecessors: n > 0 ? String(n) : null,
          date_start: dayAt(begin),
          date_finish: dayAt(begin + 13),
          duration: 10,
          duration_unit: 'Days',
          percent_complete: percent,
          status: percent === 100 ? 'Completed' : percent > 0 ? 'In Progress' : 'Not Started',
          priority: 'Medium',
          estimated_effort: 40,
          actual_effort: Math.round(percent * 0.45),
          assigned_user_id: random.pick(owners),
        },
        stamp,
      )
    }
    await maker.relate('Project', id, 'accounts', [deal.account.id])
    await maker.relate('Project', id, 'opportunities', [deal.id])
    await maker.relate(
      'Project',
      id,
      'contacts',
      deal.contacts.map(contact => contact.id),
    )
    await maker.relate('Project', id, 'project_users_1', random.some(owners, 2))
  }
}
