import { parse } from 'graphql'

const link = (...names: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${names.map(name => `"@${name}"`).join(', ')}])`

/**
 * Subgraphs with what federation has and our own do not use: keys of one field, of several, and several of them,
 * @requires, @provides, @shareable, @override, @inaccessible, interfaces with keys and interface objects.
 *
 * @see https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives read 2026-11
 */
export const libraryDefinitions = [
  {
    name: 'catalogue',
    typeDefs: parse(`${link('key', 'shareable', 'inaccessible', 'provides', 'external', 'tag')}
      type Query {
        book(id: ID!): Book
        books(first: Int = 3): [Book!]!
        media: [Media!]
        medium(id: ID!): Media
        found(text: String): [Found]
        shelves: [[Book]]
        branchOf(city: String!): Branch
        mood: Mood
        featured: Author @provides(fields: "name")
      }
      type Mutation { lend(id: ID!): Book  giveBack(id: ID!, late: Boolean = false): Boolean  note(on: NoteInput!): [Note!] }
      input NoteInput { text: String!  stars: Int = 3  tags: [String!]  mood: Mood }
      enum Mood { GLAD SAD HIDDEN @inaccessible }
      interface Media @key(fields: "id") { id: ID!  title: String  length: Int! }
      type Book implements Media @key(fields: "id") @key(fields: "isbn") {
        id: ID!  isbn: String!  title: String @shareable  length: Int!  author: Author  sequel: Book  weight: Float
        mood: Mood!  pages(from: Int, to: Int = 9): [Page!]  notes: [Note!]!
      }
      type Film implements Media @key(fields: "id") { id: ID!  title: String  length: Int!  cast: [Author!] }
      type Page @shareable { number: Int!  text: String! }
      type Note { text: String  by: Author!  about: Found }
      union Found = Book | Film | Author | Branch
      type Author @key(fields: "id") { id: ID!  name: String @external  born: Int @shareable }
      type Branch @key(fields: "city owner { id }") { city: String!  owner: Owner!  name: String }
      type Owner @shareable { id: ID! }
      extend type Book { secret: String @inaccessible }
    `),
  },
  {
    name: 'people',
    typeDefs: parse(`${link('key', 'shareable', 'override', 'requires', 'external')}
      type Query { authors: [Author!]!  author(id: ID!): Author  topAuthor: Author }
      type Author @key(fields: "id") { id: ID!  name: String @shareable  born: Int @shareable  books: [Book]  friends(first: Int): [Author]  agent: Agent! }
      type Agent { name: String!  authors: [Author] }
      type Book @key(fields: "id") {
        id: ID!
        weight: Float @override(from: "catalogue")
        length: Int! @external
        title: String @shareable
        reading: Int @requires(fields: "length")
        fans: [Author!]
      }
    `),
  },
  {
    name: 'stock',
    typeDefs: parse(`${link('key', 'shareable', 'requires', 'external')}
      type Query { copies: [Copy!] }
      type Copy @key(fields: "id") { id: ID!  book: Book  lentTo: Author  branch: Branch! }
      type Book @key(fields: "isbn") {
        isbn: String!
        author: Author @external
        copies(lent: Boolean): [Copy!]!
        worth: Float! @requires(fields: "author { id born }")
      }
      type Author @key(fields: "id") { id: ID!  born: Int @external  royalties: Float @requires(fields: "born") }
      type Branch @key(fields: "city owner { id }") { city: String!  owner: Owner!  copies: [Copy]  phone: String }
      type Owner @shareable { id: ID! }
    `),
  },
  {
    name: 'prices',
    typeDefs: parse(`${link('key', 'interfaceObject')}
      type Query { newest: Media  cheap: [Media] }
      type Media @key(fields: "id") @interfaceObject { id: ID!  price: Float  offers: [Offer!]  related: Media }
      type Offer { price: Float!  media: Media! }
    `),
  },
]
