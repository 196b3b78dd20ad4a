import { at, momentAt } from './calendar.ts'
import type { Maker } from './maker.ts'
import { occasion, type Audience } from './occasion.ts'
import { noteSubjects, taskSubjects } from './words.ts'

/** 100 tasks: done, under way, late and to come. */
export async function seedTasks(maker: Maker, audience: Audience): Promise<void> {
  const { random } = maker
  const written: Promise<unknown>[] = []
  for (let n = 0; n < 100; n++) {
    const { parent, owner, people } = occasion(random, audience)
    const due = random.int(-60, 45)
    const status =
      due < -5
        ? random.weighted({ Completed: 8, Deferred: 1, 'In Progress': 1 })
        : random.weighted({ 'Not Started': 5, 'In Progress': 3, 'Pending Input': 1 })
    const task = maker.create(
      'Tasks',
      {
        name: random.pick(taskSubjects),
        ...parent,
        contact_id: people[0]?.id ?? null,
        status,
        priority: random.weighted({ High: 2, Medium: 5, Low: 2 }),
        date_start: momentAt(due - random.int(1, 10), 9),
        date_due: momentAt(due, random.int(9, 17)),
        assigned_user_id: owner,
      },
      { by: owner, at: at(Math.min(due, 0) - random.int(10, 25), random.int(8, 17), random.int(0, 59)) },
    )
    written.push(task)
  }
  await Promise.all(written)
}

/** 50 notes, some with a file. */
export async function seedNotes(maker: Maker, audience: Audience): Promise<void> {
  const { random } = maker
  const written: Promise<unknown>[] = []
  for (let n = 0; n < 50; n++) {
    const { parent, owner, people } = occasion(random, audience)
    const name = `${random.pick(noteSubjects)}${n === 7 ? ' 🎉' : ''}`
    const text = `${name}\n\n${random.pick(['They want to decide before the end of the quarter.', 'The budget is not approved yet.', 'Very content with the support.', 'Asks for a second offer: „bitte mit Wartung“.'])}\n`
    const file =
      n % 10 === 0 ? { filename: `minutes-${n + 1}.txt`, filecontents: Buffer.from(text).toString('base64') } : {}
    const note = maker.create(
      'Notes',
      {
        name,
        description: text,
        ...parent,
        ...file,
        contact_id: people[0]?.id ?? null,
        portal_flag: false,
        assigned_user_id: owner,
      },
      { by: owner, at: at(-random.int(1, 300), random.int(8, 17), random.int(0, 59)) },
    )
    written.push(note)
  }
  await Promise.all(written)
}

/** 40 e-mails that were sent and received. */
export async function seedEmails(maker: Maker, { contacts }: Audience): Promise<void> {
  const { random } = maker
  const written: Promise<unknown>[] = []
  for (let n = 0; n < 40; n++) {
    const contact = random.pick(contacts)
    const isOut = random.chance(0.5)
    const days = -random.int(1, 120)
    const ours = 'office@switchyard.example'
    const name = random.pick([
      'Your quote',
      'Re: your questions',
      'Dates for the workshop',
      'Thank you for your visit',
      'Invoice attached',
    ])
    const { account } = contact
    const email = maker.create(
      'Emails',
      {
        name,
        type: isOut ? 'out' : 'inbound',
        status: isOut ? 'sent' : 'read',
        from_addr_name: isOut ? ours : contact.email,
        to_addrs_names: isOut ? contact.email : ours,
        description: `Hello,\n\n${name.toLowerCase()}: see below.\n\nBest regards`,
        date_sent_received: momentAt(days, random.int(7, 18), random.int(0, 59)),
        parent_type: 'Contacts',
        parent_id: contact.id,
        assigned_user_id: contact.owner,
      },
      { by: contact.owner, at: at(days, 18) },
    )
    written.push(account ? email.then(id => maker.relate('Emails', id, 'accounts', [account.id])) : email)
  }
  await Promise.all(written)
}
