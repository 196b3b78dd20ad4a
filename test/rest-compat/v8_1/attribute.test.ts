import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapterOf } from '../../../rest-compat/v8_1/attribute.ts'
import { shapesOf } from '../../../rest-compat/v8_1/shape.ts'
import { coreCatalog } from '../../../schema/catalog.ts'
import { scalarOf, type Scalar } from '../../../schema/graphql-types.ts'
import { fieldOf } from '../../../schema/module.ts'

/** Text without what only broken clients send. */
const text = fc.string({ unit: 'grapheme' })
const day = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map(date => date.toISOString())
const digits = fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }).map(String)
const places = fc.bigInt({ min: 1n, max: 10n ** 6n - 1n }).map(n => String(n).padStart(6, '0').replace(/0+$/, ''))

/** Values as the graph answers them. */
const values: Readonly<Record<Scalar, fc.Arbitrary<unknown>>> = {
  ID: text,
  String: text,
  Boolean: fc.boolean(),
  Int: fc.integer(),
  Float: fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (n === 0 ? 0 : n)),
  Decimal: fc.tuple(fc.boolean(), digits, places).map(([minus, whole, part]) => `${minus ? '-' : ''}${whole}.${part}`),
  DateTime: day.map(iso => `${iso.slice(0, 19)}Z`),
  Date: day.map(iso => iso.slice(0, 10)),
  Time: day.map(iso => iso.slice(11, 19)),
}

const scalars = Object.keys(values) as Scalar[]

/** As a client reads and sends it back; exact numbers as the text that they are written in. */
const sentBack = (scalar: Scalar, written: string): unknown =>
  scalar === 'Decimal' && written !== 'null' ? written : JSON.parse(written)

describe('the adapter of 8.1', () => {
  it.each(scalars)('gives back every %s that it has written', scalar => {
    const { up, down } = adapterOf({ kind: 'text' }, scalar)

    fc.assert(
      fc.property(fc.option(values[scalar]), value => {
        expect(down(sentBack(scalar, up(value)))).toEqual(value)
      }),
    )
  })

  it('gives back every list of options that it has written', () => {
    const { up, down } = adapterOf({ kind: 'multienum' }, 'String')
    const option = fc.stringMatching(/^[A-Za-z0-9_ ]{1,12}$/)

    fc.assert(
      fc.property(fc.array(option), options => {
        const stored = options.map(each => `^${each}^`).join()
        expect(down(JSON.parse(up(stored)))).toBe(stored)
      }),
    )
  })

  it.each(scalars)('writes no %s that its schema does not describe', scalar => {
    const { up, schema } = adapterOf({ kind: 'text' }, scalar)
    const [type] = schema['type'] as string[]
    const jsonType = { integer: 'number', number: 'number', boolean: 'boolean', string: 'string' }[type ?? '']

    fc.assert(
      fc.property(values[scalar], value => {
        expect(typeof JSON.parse(up(value))).toBe(jsonType)
      }),
    )
  })

  it('is there for every attribute and every input of every module', () => {
    const shapeOf = shapesOf(coreCatalog)

    for (const module of coreCatalog.modules) {
      const { attributes, inputs } = shapeOf(module)
      for (const [name, adapter] of [...attributes, ...inputs].filter(([name]) => name !== 'filecontents'))
        expect(adapter).toBe(adapterOf(fieldOf(module, name) ?? { kind: 'text' }, scalarOf(coreCatalog, module, name)))
    }
  })
})
