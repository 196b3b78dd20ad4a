import type { lists } from '../../../schema/lists.ts'

// Tables of data: what the demo's companies do, sell, ask and complain about.

export type Industry = Exclude<keyof typeof lists.industry_dom, ''>

/** What a company of an industry is called after its first word. */
export const businesses = {
  Apparel: ['Outfitters', 'Textiles'],
  Banking: ['Savings Bank', 'Credit Union'],
  Biotechnology: ['Biologics', 'Genomics'],
  Chemicals: ['Coatings', 'Polymers'],
  Communications: ['Broadband', 'Media'],
  Construction: ['Builders', 'Civil Works'],
  Consulting: ['Advisory', 'Partners'],
  Education: ['Academy', 'Learning'],
  Electronics: ['Devices', 'Semiconductors'],
  Energy: ['Power', 'Solar'],
  Engineering: ['Engineering', 'Machine Works'],
  Finance: ['Capital', 'Leasing'],
  Healthcare: ['Clinics', 'Medical'],
  Hospitality: ['Hotels', 'Catering'],
  Insurance: ['Mutual', 'Assurance'],
  Manufacturing: ['Tools', 'Foundry'],
  Retail: ['Stores', 'Markets'],
  Shipping: ['Freight', 'Logistics'],
  Technology: ['Software', 'Systems'],
  Transportation: ['Rail', 'Coaches'],
} as const satisfies Partial<Record<Industry, readonly string[]>>

export const companyWords = [
  ...['Alder', 'Amber', 'Aurora', 'Beacon', 'Birch', 'Bluebell', 'Cascade', 'Cobalt', 'Copper', 'Coral', 'Crescent'],
  ...[
    'Ember',
    'Falcon',
    'Fjord',
    'Granite',
    'Hawthorn',
    'Helios',
    'Indigo',
    'Juniper',
    'Kestrel',
    'Lantern',
    'Larkspur',
  ],
  ...[
    'Marlin',
    'Meridian',
    'Nimbus',
    'Northwind',
    'Onyx',
    'Orchid',
    'Pelican',
    'Quartz',
    'Ridgeline',
    'Saffron',
    'Sequoia',
  ],
  ...['Silverline', 'Skylark', 'Tamarack', 'Tidewater', 'Umbra', 'Verdant', 'Willow', 'Zephyr', 'Zinnia'],
]

/** Companies that are called otherwise, so that lists show what real ones do. */
export const specialCompanies = [
  { name: 'Müller & Söhne GmbH', country: 'Germany', industry: 'Manufacturing' },
  { name: 'Ørsnes Sjømat AS', country: 'Norway', industry: 'Retail' },
  { name: 'Café Łódź Sp. z o.o.', country: 'Poland', industry: 'Hospitality' },
  { name: '株式会社さくら物流', country: 'Japan', industry: 'Shipping' },
  { name: 'L’Œuvre Numérique SARL', country: 'France', industry: 'Technology' },
  { name: "O'Hara, Byrne & Daughters Ltd", country: 'United Kingdom', industry: 'Construction' },
  { name: '50% Off Outlet Inc', country: 'USA', industry: 'Retail' },
] as const satisfies readonly { name: string; country: string; industry: keyof typeof businesses }[]

/** Titles by department. */
export const positions = {
  Sales: ['Sales Manager', 'Account Executive', 'Head of Sales'],
  Purchasing: ['Buyer', 'Head of Purchasing', 'Procurement Analyst'],
  Finance: ['Controller', 'Chief Financial Officer', 'Accountant'],
  IT: ['IT Director', 'System Administrator', 'Enterprise Architect'],
  Operations: ['Operations Manager', 'Plant Manager', 'Office Manager'],
  Management: ['Chief Executive Officer', 'Managing Director', 'Owner'],
} as const

export const products = [
  { name: 'Switchyard Starter', part: 'SY-100', price: 1_200, type: 'Service' },
  { name: 'Switchyard Business', part: 'SY-200', price: 4_800, type: 'Service' },
  { name: 'Switchyard Enterprise', part: 'SY-300', price: 18_000, type: 'Service' },
  { name: 'Premium support, one year', part: 'SUP-12', price: 3_600, type: 'Service' },
  { name: 'Data import', part: 'SRV-IMP', price: 2_500, type: 'Service' },
  { name: 'Administrator course, two days', part: 'EDU-ADM', price: 1_450, type: 'Service' },
  { name: 'Integration workshop', part: 'EDU-INT', price: 1_900, type: 'Service' },
  { name: 'Rack server 1U', part: 'HW-1U', price: 2_890, type: 'Good' },
  { name: 'Backup appliance', part: 'HW-BAK', price: 5_400, type: 'Good' },
  { name: 'Telephone headset', part: 'HW-HS', price: 129, type: 'Good' },
] as const

export const dealWords = [
  'Renewal',
  'First order',
  'Pilot',
  'Expansion',
  'Replacement',
  'Framework agreement',
  'Support contract',
]

export const nextSteps = [
  'Send the quote',
  'Call back',
  'Wait for the budget round',
  'Demonstration on site',
  'Contract review',
]

export const callSubjects = [
  'Introduction',
  'Follow up on the quote',
  'Discuss the renewal',
  'Open questions about the contract',
  'Left a message',
  'Check in',
]

export const meetingSubjects = [
  'Kick-off',
  'Demonstration',
  'Quarterly review',
  'Contract negotiation',
  'Requirements workshop',
  'Training',
  'Lunch',
]

export const taskSubjects = [
  'Send the brochure',
  'Prepare the quote',
  'Update the address',
  'Write the minutes',
  'Order samples',
  'Ask for references',
  'Check the invoice',
  'Plan the next visit',
]

export const noteSubjects = [
  'Minutes',
  'What we agreed on',
  'Background',
  'Budget for next year',
  'Who decides',
  'Feedback on the demonstration',
]

/** What customers ask, and what a case became of it. */
export const caseSubjects = [
  {
    name: 'Cannot sign in after the update',
    type: 'User',
    resolution: 'The browser kept an old page; emptying its cache helped.',
  },
  {
    name: 'Invoice shows the wrong address',
    type: 'Administration',
    resolution: 'Address corrected, invoice sent again.',
  },
  {
    name: 'Export stops after 1,000 rows',
    type: 'Product',
    resolution: 'A limit of the old version; the update removes it.',
  },
  { name: 'Umlauts are garbled in e-mails', type: 'Product', resolution: 'The mail server now declares UTF-8.' },
  { name: 'Please add two users', type: 'Administration', resolution: 'Added.' },
  { name: 'Report takes very long', type: 'Product', resolution: 'An index was missing.' },
  { name: 'How do I merge two contacts?', type: 'User', resolution: 'Explained on the telephone.' },
  { name: 'Headset without sound', type: 'Product', resolution: 'Replaced.' },
] as const

export const bugSubjects = [
  'Button hidden on small screens',
  'Time zone ignored in the calendar feed',
  'Search misses names with an apostrophe',
  'Memory grows during import',
  'Date picker starts on Sunday',
  'Typing error in the German labels',
  'Attachment names are cut at a comma',
  'Sorting by amount is alphabetical',
]

/** For passwords that people can type; 128 words are 7 bits each. */
export const passwordWords = [
  ...'acorn apple april arrow aspen badge baker basil beach berry birch blaze bloom brass bread brick'.split(' '),
  ...'brook brush cabin camel candy canoe cargo cedar chalk charm chess cider civic clay cliff cloud'.split(' '),
  ...'coast comet coral crane crisp crown daisy dance delta diver dough dream drift eagle earth ember'.split(' '),
  ...'fable fairy feast fern field flame flint flute forge frost fruit ginger globe grain grape green'.split(' '),
  ...'grove guest hazel heron honey house image ivory jelly jolly kayak koala lemon light lilac linen'.split(' '),
  ...'lotus lunar maple march melon merry metal mint model moose morning music noble north novel ocean'.split(' '),
  ...'olive onion opera orbit otter paint panda paper peach pearl piano pilot plaza plum polar quartz'.split(' '),
  ...'quiet rapid raven river robin salad salsa scout shade shell silver slate spice stone sugar tulip'.split(' '),
]
