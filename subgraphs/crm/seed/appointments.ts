import { at, momentAt } from './calendar.ts'
import type { Maker, Stamp } from './maker.ts'
import { occasion, type Audience } from './occasion.ts'
import type { Random } from './random.ts'
import { callSubjects, meetingSubjects } from './words.ts'

/** 60 calls and 80 meetings around the demo's today, with those who were invited and what they answered. */
export async function seedAppointments(maker: Maker, audience: Audience): Promise<void> {
  const { random } = maker
  const written: Promise<void>[] = []
  for (let n = 0; n < 140; n++) {
    const module = n < 60 ? 'Calls' : 'Meetings'
    const { parent, owner, people } = occasion(random, audience)
    const days = random.int(-90, 30)
    const values = {
      ...(module === 'Calls' ? callWords(random) : meetingWords(random)),
      ...parent,
      date_start: momentAt(days, random.int(7, 16), random.pick([0, 15, 30])),
      status: days >= 0 ? 'Planned' : random.weighted({ Held: 8, 'Not Held': 1 }),
      reminder_time: random.chance(0.5) ? random.pick([900, 1800, 3600]) : null,
      assigned_user_id: owner,
      description: random.chance(0.3) ? 'Agenda: where we stand, open questions, next steps.' : null,
    }
    const stamp = { by: owner, at: at(Math.min(days, 0) - random.int(1, 20), random.int(8, 17), random.int(0, 59)) }
    const colleagues = audience.owners.filter(each => each !== owner)
    const invitations = [
      { link: 'users', id: owner, answer: 'accept' },
      ...random.some(colleagues, random.int(0, 2)).map(id => ({ link: 'users', id, answer: answerOf(random) })),
      ...people.map(({ id }) => ({ link: 'contacts', id, answer: answerOf(random) })),
      ...(random.chance(0.15) ? [{ link: 'leads', id: random.pick(audience.leads), answer: answerOf(random) }] : []),
    ]
    written.push(writeAppointment(maker, module, values, stamp, invitations))
  }
  await Promise.all(written)
}

type Invitation = { readonly link: string; readonly id: string; readonly answer: string }

async function writeAppointment(
  maker: Maker,
  module: string,
  values: Readonly<Record<string, unknown>>,
  stamp: Stamp,
  invitations: readonly Invitation[],
) {
  const id = await maker.create(module, values, stamp)
  const invited = ({ link, id: guest, answer }: Invitation) =>
    maker.relate(module, id, link, [guest], { accept_status: answer })
  await Promise.all(invitations.map(invited))
}

const answerOf = (random: Random) => random.weighted({ accept: 6, tentative: 1, decline: 1, none: 3 })

const callWords = (random: Random) => ({
  name: random.pick(callSubjects),
  direction: random.pick(['Inbound', 'Outbound']),
  duration_hours: 0,
  duration_minutes: random.pick([15, 30, 45]),
})

const meetingWords = (random: Random) => ({
  name: random.pick(meetingSubjects),
  location: random.pick(['Our office', 'At the customer', 'Video call', 'Trade fair, hall 4']),
  duration_hours: random.int(0, 2),
  duration_minutes: random.pick([15, 30, 45]),
})
