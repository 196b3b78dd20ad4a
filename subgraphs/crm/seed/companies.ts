import { at, dayAt } from './calendar.ts'
import type { Maker, Stamp } from './maker.ts'
import { countries, type Country } from './places.ts'
import type { Random } from './random.ts'
import { businesses, companyWords, positions, specialCompanies } from './words.ts'

export type DemoAccount = {
  readonly id: string
  readonly name: string
  readonly country: Country
  readonly domain: string
  readonly owner: string
}
export type DemoContact = {
  readonly id: string
  readonly account: DemoAccount | undefined
  readonly owner: string
  readonly name: string
  readonly email: string
}

/** 50 companies, some of them part of another. */
export async function seedAccounts(maker: Maker, owners: readonly string[]): Promise<DemoAccount[]> {
  const { random } = maker
  const accounts: DemoAccount[] = []
  for (const { name, country, industry, domain } of companies(random)) {
    const owner = random.pick(owners)
    const entered = -random.int(30, 700)
    const address = addressIn(random, country)
    const parent = accounts.length > 10 && random.chance(0.12) ? random.pick(accounts) : undefined
    const id = await maker.create(
      'Accounts',
      {
        name,
        industry,
        account_type: random.weighted({ Customer: 6, Prospect: 4, Partner: 2, Reseller: 1, Competitor: 1 }),
        annual_revenue: String(random.int(2, 900) * 100_000),
        employees: String(random.int(1, 60) ** 2),
        phone_office: phoneIn(random, country),
        phone_fax: random.chance(0.3) ? phoneIn(random, country) : null,
        website: `https://www.${domain}`,
        ownership: random.chance(0.3) ? random.pick(['Family', 'Public', 'Private equity']) : null,
        sic_code: String(random.int(1000, 9999)),
        email1: `info@${domain}`,
        parent_id: parent?.id ?? null,
        assigned_user_id: owner,
        description: random.chance(0.4)
          ? `${industry} in ${address.city}. ${random.pick(['Came to us at a trade show.', 'An old customer.', 'Recommended by a partner.'])}`
          : null,
        ...prefixed('billing_address', address),
        ...prefixed('shipping_address', random.chance(0.8) ? address : addressIn(random, country)),
      },
      { by: owner, at: at(entered, random.int(8, 17), random.int(0, 59)) },
    )
    accounts.push({ id, name, country, domain, owner })
  }
  return accounts
}

/** 200 people, most of them at one of the companies. */
export async function seedContacts(
  maker: Maker,
  accounts: readonly DemoAccount[],
  owners: readonly string[],
): Promise<DemoContact[]> {
  const { random } = maker
  const contacts: DemoContact[] = []
  const written: Promise<void>[] = []
  const taken = new Set<string>()
  for (let n = 0; n < 200; n++) {
    const account = n < accounts.length ? accounts[n] : random.chance(0.05) ? undefined : random.pick(accounts)
    const owner = account && random.chance(0.8) ? account.owner : random.pick(owners)
    const person = personIn(
      random,
      account?.country ?? random.pick(countries),
      account?.domain ?? 'mail.example',
      taken,
    )
    const colleagues = contacts.filter(other => other.account && other.account === account)
    const id = random.id('contact', n)
    const values = {
      ...person.fields,
      id,
      account_id: account?.id,
      reports_to_id: colleagues.length > 0 && random.chance(0.4) ? random.pick(colleagues).id : null,
      email_opt_out: random.chance(0.06),
      invalid_email: random.chance(0.02),
      lead_source: leadSource(random),
      birthdate: random.chance(0.3) ? dayAt(-random.int(25 * 365, 64 * 365)) : null,
      do_not_call: random.chance(0.05),
      assigned_user_id: owner,
    }
    const stamp = { by: owner, at: at(-random.int(10, 690), random.int(8, 17), random.int(0, 59)) }
    const secondAddress = random.chance(0.1) ? person.email.replace(/@.*/, `.${n}@private.example`) : undefined
    written.push(writeContact(maker, values, stamp, secondAddress))
    contacts.push({ id, account, owner, name: person.name, email: person.email })
  }
  await Promise.all(written)
  return contacts
}

async function writeContact(maker: Maker, values: Readonly<Record<string, unknown>>, stamp: Stamp, address?: string) {
  const id = await maker.create('Contacts', values, stamp)
  if (address === undefined) return
  const other = { email_address: address, email_address_caps: address.toUpperCase() }
  const addressId = await maker.create('EmailAddresses', other, stamp)
  const pair = { primary_address: false, reply_to_address: false }
  await maker.relate('Contacts', id, 'email_addresses', [addressId], pair)
}

/** Somebody of a country: a name and an e-mail address that nobody else has, address, telephone numbers. */
export function personIn(random: Random, country: Country, domain: string, taken: Set<string>) {
  const { isWoman, first, last } = namesIn(random, country, taken)
  const department = random.pick(Object.keys(positions) as (keyof typeof positions)[])
  const local = `${asciiOf(first)}.${asciiOf(last)}`.toLowerCase()
  let email = `${local}@${domain}`
  for (let n = 2; taken.has(email); n++) email = `${local}${n}@${domain}`
  taken.add(email)
  const fields = {
    salutation: random.chance(0.1) ? 'Dr.' : isWoman ? 'Ms.' : 'Mr.',
    first_name: first,
    last_name: last,
    title: random.pick<string>(positions[department]),
    department,
    phone_work: phoneIn(random, country),
    phone_mobile: random.chance(0.6) ? phoneIn(random, country) : null,
    email1: email,
    ...prefixed('primary_address', addressIn(random, country)),
  }
  return { name: `${first} ${last}`, email, fields }
}

/** Namesakes at one company would look like one record twice. A country whose names are used up has some. */
function namesIn(random: Random, country: Country, taken: Set<string>) {
  for (let left = 30; ; left--) {
    const isWoman = random.chance(0.5)
    const first = random.pick(isWoman ? country.women : country.men)
    const last = random.pick(country.families)
    const name = `${first} ${last}`
    if (taken.has(name) && left > 0) continue
    taken.add(name)
    return { isWoman, first, last }
  }
}

export const leadSource = (random: Random) =>
  random.weighted({
    'Web Site': 5,
    'Trade Show': 3,
    'Existing Customer': 3,
    'Cold Call': 2,
    Partner: 2,
    Conference: 2,
    'Word of mouth': 1,
    Campaign: 1,
  })

function companies(random: Random) {
  const domains = new Set<string>()
  const words = random.some(companyWords, companyWords.length)
  const industries = Object.keys(businesses) as (keyof typeof businesses)[]
  const special = specialCompanies.map(company => ({ ...company, country: countryNamed(company.country) }))
  const ordinary = Array.from({ length: 50 - special.length }, (_, n) => {
    const country = random.pick(countries)
    const industry = industries[n % industries.length] ?? 'Technology'
    const name = `${words[n % words.length] ?? ''} ${random.pick(businesses[industry])} ${random.pick(country.legalForms)}`
    return { name, country, industry }
  })
  return [...ordinary, ...special].map(company => {
    const stem = asciiOf(company.name).toLowerCase().split('-').slice(0, 2).join('-') || 'company'
    let domain = `${stem}.example`
    for (let n = 2; domains.has(domain); n++) domain = `${stem}-${n}.example`
    domains.add(domain)
    return { ...company, domain }
  })
}

function countryNamed(name: string): Country {
  const country = countries.find(each => each.name === name)
  if (!country) throw new Error(`there is no ${name}`)
  return country
}

export function addressIn(random: Random, country: Country) {
  const { city, state, postalcode } = random.pick(country.towns)
  return {
    street: `${random.pick(country.streets)} ${random.int(1, 180)}`,
    city,
    state: state ?? null,
    postalcode: digits(random, postalcode),
    country: country.name,
  }
}

export const phoneIn = (random: Random, country: Country) => digits(random, country.phone)

const digits = (random: Random, pattern: string) => pattern.replaceAll('#', () => String(random.int(0, 9)))

/** `billing_address` and `{ city }` make `{ billing_address_city }`. */
export const prefixed = (prefix: string, address: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(address).map(([name, value]) => [`${prefix}_${name}`, value]))

const letters: Readonly<Record<string, string>> = {
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  ß: 'ss',
  œ: 'oe',
  Œ: 'OE',
  æ: 'ae',
  田: 'ta',
  中: 'naka',
  結: 'yu',
  衣: 'i',
  翔: 'sho',
  太: 'ta',
  株: 'k',
  式: 'k',
  会: '',
  社: '-',
  さ: 'sa',
  く: 'ku',
  ら: 'ra',
  物: '',
  流: '',
}

/** Text as the local part of an e-mail address or a host can have it. */
const asciiOf = (text: string) =>
  text
    .replace(/[^\0-\x7f]/gu, letter => letters[letter] ?? letter)
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
