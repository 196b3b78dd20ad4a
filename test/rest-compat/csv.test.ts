import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../rest-compat/csv.ts'

const cell = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', 'é', '=') })

/** As RFC 4180 writes a value. */
const written = (value: string) => `"${value.replaceAll('"', '""')}"`

describe('CSV', () => {
  it('is read as it was written, whatever the values hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, end) => {
          const text = rows.map(row => row.map(written).join(',')).join(end)
          expect(parseCsv(text)).toEqual(rows)
          expect(parseCsv(`\ufeff${text}${end}`)).toEqual(rows)
        },
      ),
    )
  })

  it('needs no quotes around plain values, and passes over empty lines', () => {
    expect(parseCsv('a,b\r\n\r\n1,\n,2')).toEqual([
      ['a', 'b'],
      ['1', ''],
      ['', '2'],
    ])
  })

  it.each(['a\n"b', 'a\n"b"c'])('%j is refused by its line', text => {
    expect(() => parseCsv(text)).toThrow('Line 2')
  })
})
