/** A country's people, towns and ways to write a telephone number and a company; the names are invented combinations. */
export type Country = {
  readonly name: string
  readonly towns: readonly { readonly city: string; readonly state?: string; readonly postalcode: string }[]
  readonly streets: readonly string[]
  /** `#` is a digit. Numbers are of ranges that are kept for fiction where the country has such. */
  readonly phone: string
  readonly legalForms: readonly string[]
  readonly women: readonly string[]
  readonly men: readonly string[]
  readonly families: readonly string[]
}

// Table of data. In `postalcode`, `#` is a digit.
export const countries: readonly Country[] = [
  {
    name: 'USA',
    towns: [
      { city: 'Portland', state: 'OR', postalcode: '972##' },
      { city: 'Denver', state: 'CO', postalcode: '802##' },
      { city: 'Austin', state: 'TX', postalcode: '787##' },
      { city: 'Rochester', state: 'NY', postalcode: '146##' },
    ],
    streets: ['Maple Avenue', 'Harbor Boulevard', 'Cedar Street', 'Mill Road', 'Lakeview Drive'],
    phone: '(503) 555-01##',
    legalForms: ['Inc', 'LLC', 'Corp'],
    women: ['Grace', 'Naomi', 'Olivia', 'Ruth', 'Sofia', 'Tessa'],
    men: ['Aaron', 'Caleb', 'Darius', 'Ethan', 'Marcus', 'Wesley'],
    families: [
      'Abbott',
      'Brooks',
      'Castillo',
      "O'Brien",
      'Freeman',
      'Hayes',
      'Lindgren',
      'Nguyen',
      'Porter',
      'Whitaker',
    ],
  },
  {
    name: 'United Kingdom',
    towns: [
      { city: 'Leeds', postalcode: 'LS# #AB' },
      { city: 'Bristol', postalcode: 'BS# #QD' },
      { city: 'Edinburgh', state: 'Scotland', postalcode: 'EH# #LX' },
    ],
    streets: ['Station Road', 'Canal Street', 'Victoria Terrace', 'Orchard Lane'],
    phone: '+44 20 7946 0###',
    legalForms: ['Ltd', 'plc'],
    women: ['Amelia', 'Charlotte', 'Freya', 'Imogen', 'Siân'],
    men: ['Alistair', 'Callum', 'Edmund', 'Harvey', 'Rhys'],
    families: ['Ashworth', 'Bevan', 'Cartwright', 'Fairclough', 'Hargreaves', 'MacLeod', 'Okafor', 'Pemberton'],
  },
  {
    name: 'Germany',
    towns: [
      { city: 'Köln', state: 'Nordrhein-Westfalen', postalcode: '506##' },
      { city: 'Lübeck', state: 'Schleswig-Holstein', postalcode: '235##' },
      { city: 'München', state: 'Bayern', postalcode: '803##' },
    ],
    streets: ['Gärtnerstraße', 'Am Mühlenbach', 'Bahnhofstraße', 'Königsallee'],
    phone: '+49 30 23125 ###',
    legalForms: ['GmbH', 'AG', 'GmbH & Co. KG'],
    women: ['Annika', 'Frauke', 'Jördis', 'Käthe', 'Wiebke'],
    men: ['Björn', 'Jürgen', 'Lennart', 'Matthias', 'Sönke'],
    families: ['Böttcher', 'Fuchs', 'Großmann', 'Kühn', 'Lindemann', 'Schäfer', 'Vogt', 'Weiß'],
  },
  {
    name: 'France',
    towns: [
      { city: 'Nîmes', postalcode: '300##' },
      { city: 'Lyon', postalcode: '6900#' },
      { city: 'Saint-Étienne', postalcode: '420##' },
    ],
    streets: ['rue des Tilleuls', 'avenue de la République', 'quai des Célestins'],
    phone: '+33 1 99 00 ## ##',
    legalForms: ['SA', 'SARL', 'SAS'],
    women: ['Aurélie', 'Chloé', 'Élodie', 'Maëlle', 'Océane'],
    men: ['Benoît', 'Jérôme', 'Loïc', 'Théo'],
    families: ['Beaumont', 'Chevalier', 'Desrosiers', 'Lefèvre', 'Moreau', 'Pâquet'],
  },
  {
    name: 'Poland',
    towns: [
      { city: 'Łódź', postalcode: '90-###' },
      { city: 'Kraków', postalcode: '30-###' },
    ],
    streets: ['ulica Młyńska', 'ulica Długa', 'aleja Róż'],
    phone: '+48 42 555 ## ##',
    legalForms: ['S.A.', 'Sp. z o.o.'],
    women: ['Agnieszka', 'Halina', 'Małgorzata', 'Urszula', 'Zofia'],
    men: ['Jędrzej', 'Łukasz', 'Paweł', 'Stanisław', 'Wojciech'],
    families: ['Kaczmarek', 'Kowalczyk', 'Mazur', 'Nowak', 'Pająk', 'Szymczak', 'Wójcik'],
  },
  {
    name: 'Norway',
    towns: [
      { city: 'Tromsø', postalcode: '90##' },
      { city: 'Ålesund', postalcode: '60##' },
    ],
    streets: ['Bryggegata', 'Sjøgata', 'Kirkeveien'],
    phone: '+47 555 0# ###',
    legalForms: ['AS', 'ASA'],
    women: ['Åse', 'Gunhild', 'Ingeborg', 'Solveig', 'Tuva'],
    men: ['Håkon', 'Leif', 'Øyvind', 'Sverre', 'Torbjørn'],
    families: ['Bjørnstad', 'Haugen', 'Lunde', 'Myhre', 'Ødegård', 'Sæther', 'Tveit'],
  },
  {
    name: 'Japan',
    towns: [
      { city: 'Osaka', postalcode: '530-00##' },
      { city: 'Sapporo', postalcode: '060-00##' },
    ],
    streets: ['Umeda', 'Kita Sanjo', 'Nakanoshima'],
    phone: '+81 6 5550 ####',
    legalForms: ['K.K.', 'Co., Ltd.'],
    women: ['Haruka', 'Mei', 'Sayuri', 'Yoko', '結衣'],
    men: ['Daiki', 'Haruto', 'Kenji', 'Takumi', '翔太'],
    families: ['Fujimoto', 'Ishikawa', 'Nakamura', 'Okada', 'Sakurai', 'Yamada', '田中'],
  },
  {
    name: 'Brazil',
    towns: [
      { city: 'São Paulo', state: 'SP', postalcode: '01###-000' },
      { city: 'Florianópolis', state: 'SC', postalcode: '88###-000' },
    ],
    streets: ['Rua das Flores', 'Avenida São João', 'Travessa do Comércio'],
    phone: '+55 11 5550-####',
    legalForms: ['Ltda', 'S/A'],
    women: ['Beatriz', 'Conceição', 'Júlia', 'Larissa', 'Renata'],
    men: ['Caio', 'Eduardo', 'João', 'Rafael', 'Thiago'],
    families: ['Araújo', 'Barbosa', 'Cardoso', 'Gonçalves', 'Magalhães', 'Ribeiro', 'Teixeira'],
  },
]
