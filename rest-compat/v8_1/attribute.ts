import type { Field } from '../../schema/field.ts'
import type { Scalar } from '../../schema/graphql-types.ts'

/**
 * How 8.1 writes and reads the values of one field: an adapter between the graph and this version. Both ways are pure,
 * and `down(JSON.parse(up(x)))` is `x` for every value that the graph answers.
 */
export type Adapter = {
  /** A value of the graph as JSON text. */
  readonly up: (value: unknown) => string
  /** A value of a client as the graph takes it; undefined for what the field cannot hold. */
  readonly down: (value: unknown) => unknown
  readonly expected: string
  readonly schema: Readonly<Record<string, unknown>>
}

export const adapterOf = ({ kind }: Pick<Field, 'kind'>, scalar: Scalar): Adapter =>
  kind === 'multienum' ? choices : adapters[scalar]

const quoted = (value: unknown) => JSON.stringify(value)

const written = (adapter: Adapter): Adapter => ({
  ...adapter,
  up: value => (value === null || value === undefined ? 'null' : adapter.up(value)),
  down: value => (value === null ? null : adapter.down(value)),
})

const matching = (pattern: RegExp) => (value: unknown) =>
  typeof value === 'string' && pattern.test(value) ? value : undefined

const whole = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2_147_483_647 ? value : undefined

const decimal = /^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})$/

const text = written({
  up: quoted,
  down: value => (typeof value === 'string' ? value : undefined),
  expected: 'text',
  schema: { type: ['string', 'null'] },
})

const adapters: Readonly<Record<Scalar, Adapter>> = {
  ID: text,
  String: text,
  Boolean: written({
    up: quoted,
    down: value => (typeof value === 'boolean' ? value : undefined),
    expected: 'true or false',
    schema: { type: ['boolean', 'null'] },
  }),
  Int: written({ up: quoted, down: whole, expected: 'a whole number', schema: { type: ['integer', 'null'] } }),
  Float: written({
    up: quoted,
    down: value => (typeof value === 'number' ? value : undefined),
    expected: 'a number',
    schema: { type: ['number', 'null'] },
  }),
  // Digit by digit: a double has no room for all that a column holds. Clients that mind may send text.
  Decimal: written({
    up: value => numeral(String(value)),
    down: value => (typeof value === 'number' ? fromDouble(value) : matching(decimal)(value)),
    expected: 'a decimal number',
    schema: { type: ['number', 'null'] },
  }),
  DateTime: written({
    up: quoted,
    down: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/),
    expected: 'a moment such as 2030-03-04T10:30:00Z',
    schema: { type: ['string', 'null'], format: 'date-time', examples: ['2030-03-04T10:30:00Z'] },
  }),
  Date: written({
    up: quoted,
    down: matching(/^\d{4}-\d\d-\d\d$/),
    expected: 'a day such as 2030-03-04',
    schema: { type: ['string', 'null'], format: 'date', examples: ['2030-03-04'] },
  }),
  Time: written({
    up: quoted,
    down: matching(/^\d\d:\d\d(:\d\d)?$/),
    expected: 'a time of day such as 10:30:00',
    schema: { type: ['string', 'null'], pattern: String.raw`^\d\d:\d\d:\d\d$`, examples: ['10:30:00'] },
  }),
}

/** A list of options, which is stored as `^one^,^other^`. */
const choices = written({
  up: value => quoted(chosen(String(value))),
  down: value =>
    Array.isArray(value) && value.every(each => typeof each === 'string' && !each.includes('^'))
      ? value.map(each => `^${String(each)}^`).join()
      : undefined,
  expected: 'a list of texts',
  schema: { type: ['array', 'null'], items: { type: 'string' } },
})

const chosen = (stored: string) =>
  stored === '' ? [] : stored.split(',').map(option => option.replace(/^\^([^^]*)\^$/, '$1'))

/** Digits as a number of JSON: no plus sign, no zeros that say nothing. */
function numeral(digits: string): string {
  const [, sign = '', left = '', right = ''] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(digits) ?? []
  const number = `${left || '0'}${right ? `.${right}` : ''}`
  return sign === '-' && /[1-9]/.test(number) ? `-${number}` : number
}

function fromDouble(value: number): string | undefined {
  const digits = /e/.test(String(value)) ? value.toFixed(20).replace(/\.?0+$/, '') : String(value)
  return decimal.test(digits) ? digits : undefined
}
