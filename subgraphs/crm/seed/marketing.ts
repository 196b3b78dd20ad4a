import { at, dayAt, momentAt } from './calendar.ts'
import { personIn, type DemoContact } from './companies.ts'
import type { Maker } from './maker.ts'
import { countries } from './places.ts'
import { companyWords } from './words.ts'

const campaigns = [
  {
    name: 'Autumn newsletter',
    campaign_type: 'NewsLetter',
    status: 'Active',
    frequency: 'Monthly',
    start: -60,
    end: 120,
    budget: 4_000,
  },
  { name: 'Trade fair Hannover', campaign_type: 'Mail', status: 'Complete', start: -200, end: -150, budget: 18_000 },
  { name: 'Upgrade offer', campaign_type: 'Email', status: 'Active', start: -20, end: 40, budget: 2_500 },
  {
    name: 'Call round, new customers',
    campaign_type: 'Telesales',
    status: 'Planning',
    start: 10,
    end: 60,
    budget: 6_000,
  },
  {
    name: 'Search engine advertising',
    campaign_type: 'Web',
    status: 'Inactive',
    start: -300,
    end: -100,
    budget: 9_000,
  },
] as const

/** Five campaigns. */
export async function seedCampaigns(maker: Maker, owner: string): Promise<string[]> {
  const ids: string[] = []
  for (const { start, end, budget, ...campaign } of campaigns) {
    const values = {
      ...campaign,
      start_date: dayAt(start),
      end_date: dayAt(end),
      currency_id: '-99',
      budget,
      expected_cost: budget * 0.9,
      actual_cost: start < 0 ? budget * 0.8 : 0,
      expected_revenue: budget * 6,
      objective: 'New customers and renewals',
      assigned_user_id: owner,
    }
    const id = await maker.create('Campaigns', values, { by: owner, at: at(start - 30) })
    await maker.create(
      'CampaignTrackers',
      {
        tracker_name: 'Landing page',
        tracker_url: 'https://switchyard.example/offer',
        campaign_id: id,
        is_optout: false,
      },
      { by: owner, at: at(start - 29) },
    )
    ids.push(id)
  }
  return ids
}

/** 60 targets, the lists that campaigns go to, and what became of one newsletter. */
export async function seedTargets(
  maker: Maker,
  campaignIds: readonly string[],
  contacts: readonly DemoContact[],
  leads: readonly string[],
  owner: string,
): Promise<void> {
  const { random } = maker
  const taken = new Set<string>()
  const written: Promise<string>[] = []
  for (let n = 0; n < 60; n++) {
    const person = personIn(random, random.pick(countries), 'target.example', taken)
    const values = {
      ...person.fields,
      account_name: random.pick(companyWords),
      email_opt_out: random.chance(0.08),
      assigned_user_id: owner,
    }
    written.push(maker.create('Prospects', values, { by: owner, at: at(-random.int(5, 200)) }))
  }
  const targets = await Promise.all(written)
  const lists: string[] = []
  for (const [name, type] of [
    ['Newsletter readers', 'default'],
    ['Trade fair visitors', 'default'],
    ['Do not write to', 'exempt'],
    ['Ourselves', 'test'],
  ] as const) {
    lists.push(
      await maker.create(
        'ProspectLists',
        { name, list_type: type, description: `${name}.`, assigned_user_id: owner },
        { by: owner, at: at(-200) },
      ),
    )
  }
  const [readers = '', visitors = '', exempt = '', ourselves = ''] = lists
  const [newsletter = '', fair = ''] = campaignIds
  const people = random.some(contacts, 60).map(contact => contact.id)
  await maker.relate('ProspectLists', readers, 'prospects', targets.slice(0, 40))
  await maker.relate('ProspectLists', readers, 'contacts', people)
  await maker.relate('ProspectLists', visitors, 'prospects', targets.slice(30))
  await maker.relate('ProspectLists', visitors, 'leads', random.some(leads, 25))
  await maker.relate('ProspectLists', exempt, 'contacts', people.slice(0, 4))
  await maker.relate('ProspectLists', ourselves, 'users', [owner])
  await maker.relate('Campaigns', newsletter, 'prospectlists', [readers, exempt, ourselves])
  await maker.relate('Campaigns', fair, 'prospectlists', [visitors])
  await seedNewsletter(maker, newsletter, [readers], targets.slice(0, 20), owner)
}

async function seedNewsletter(
  maker: Maker,
  campaignId: string,
  lists: readonly string[],
  targets: readonly string[],
  owner: string,
) {
  const { random } = maker
  const stamp = { by: owner, at: at(-58) }
  const template = await maker.create(
    'EmailTemplates',
    {
      name: 'Newsletter',
      subject: 'News for $contact_first_name',
      body: 'Dear $contact_name,\n\nthis is new.',
      body_html: '<p>Dear $contact_name,</p><p>this is new.</p>',
      type: 'campaign',
      text_only: false,
      published: 'off',
      assigned_user_id: owner,
    },
    stamp,
  )
  const mailing = await maker.create(
    'EmailMarketing',
    {
      name: 'October issue',
      from_name: 'Switchyard',
      from_addr: 'news@switchyard.example',
      date_start: momentAt(-30, 8),
      template_id: template,
      status: 'active',
      campaign_id: campaignId,
      all_prospect_lists: false,
    },
    stamp,
  )
  await maker.relate('EmailMarketing', mailing, 'prospectlists', lists)
  for (const [n, target] of targets.entries()) {
    const happened = n % 5 === 0 ? ['targeted', 'viewed', 'link'] : n % 2 === 0 ? ['targeted', 'viewed'] : ['targeted']
    for (const [step, activity] of happened.entries()) {
      await maker.create(
        'CampaignLog',
        {
          campaign_id: campaignId,
          target_tracker_key: random.id('tracker', n),
          target_id: target,
          target_type: 'Prospects',
          activity_type: activity,
          activity_date: momentAt(-30 + step, 8, n),
          list_id: lists[0],
          marketing_id: mailing,
          hits: 1,
          archived: false,
        },
        { by: owner, at: at(-30 + step, 8, n) },
      )
    }
  }
}
