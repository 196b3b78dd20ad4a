import { describe, expect, it } from 'vitest'
import { displayDate, displayDateTime, parseDate, parseDateTime } from '../../../rest-compat/dates.ts'
import { escapeHtml, storedText } from '../../../rest-compat/text.ts'

const name = { kind: 'name', db: 'varchar' } as const

describe('text that is stored', () => {
  it.each([
    ['  Acme & Sons "Ltd" <b> ', 'Acme & Sons "Ltd" '],
    ['<script>alert(1)</script>x', 'x'],
    ['&lt;script&gt;alert(1)&lt;/script&gt;y', 'y'],
    ['&amp;lt;script&amp;gt;z', ''],
    ['<p>hi <b>bold</b></p><p> </p>', '<p>hi <b>bold</b></p>'],
    ['<a href="javascript:alert(1)" onclick="x()">l</a>', '<a>l</a>'],
    ['1 < 2 && 3 > 2', '1 < 2 && 3 > 2'],
    ['O&#039;Lee &oacute; &amp;amp; &nope;', "O'Lee ó & &nope;"],
    ['a\0b\u0007c\r\nd', 'abc\nd'],
    ['Łódź 🎉', 'Łódź 🎉'],
  ])('of %j is %j', (given, stored) => {
    expect(storedText(name, given)).toBe(stored)
  })

  it('keeps elements where SuiteCRM does not look for them', () => {
    expect(storedText({ kind: 'emailbody' }, '<p>hi &amp; <b>bye</b></p>')).toBe('<p>hi & <b>bye</b></p>')
    expect(storedText({ kind: 'id' }, ' x ')).toBe(' x ')
  })

  it('ends for texts that would keep a careless pattern busy for ever', () => {
    expect(storedText(name, `x${' '.repeat(500_000)}x`)).toHaveLength(500_002)
    expect(storedText(name, '<b>'.repeat(20_000) + '</b>'.repeat(20_000))).toBe('')
  })

  it('is escaped when it is read, and stored the same when it comes back', () => {
    const shown = escapeHtml(`"Söhne" & O'Lee <x>`)

    expect(shown).toBe('&quot;Söhne&quot; & O&#039;Lee &lt;x&gt;')
    expect(storedText({ kind: 'url', db: 'varchar' }, '&quot;a&quot;')).toBe('"a"')
  })
})

describe('dates', () => {
  const utc = { timezone: 'UTC', dateFormat: 'm/d/Y', timeFormat: 'H:i' }
  const tokyo = { timezone: 'Asia/Tokyo', dateFormat: 'd.m.Y', timeFormat: 'h:i A' }
  const warsaw = { timezone: 'Europe/Warsaw', dateFormat: 'Y-m-d', timeFormat: 'H:i:s' }

  it.each([
    ['2030-03-04 10:30:59', tokyo, '2030-03-04 10:30:59'],
    ['03/04/2030 10:30', utc, '2030-03-04 10:30:00'],
    ['06.07.2030 09:15 AM', tokyo, '2030-07-06 00:15:00'],
    ['06.07.2030 12:15 am', tokyo, '2030-07-05 15:15:00'],
    ['2030-03-31 12:00:00', warsaw, '2030-03-31 12:00:00'],
    ['2030-07-03T01:02:03Z', tokyo, '2030-07-03 01:02:03'],
    ['2030-07-04T01:02:03+02:00', tokyo, '2030-07-03 23:02:03'],
    ['2030-07-04T01:02', utc, '2030-07-04 01:02:00'],
    ['2030-07-05', tokyo, '2030-07-04 15:00:00'],
    ['2030-07-05 10:30', utc, undefined],
    ['2030-02-30 10:30:00', utc, undefined],
    ['06.07.2030 09:15 AM', utc, undefined],
    ['soon', utc, undefined],
  ])('%s of a user is stored as %o', (text, style, stored) => {
    expect(parseDateTime(text, style)).toBe(stored)
  })

  it('are shown in the zone and the format of the user, summer and winter', () => {
    expect(displayDateTime('2030-01-01 23:30:00', tokyo)).toBe('02.01.2030 08:30 AM')
    expect(displayDateTime('2030-01-01T12:00:07Z', warsaw)).toBe('2030-01-01 13:00:07')
    expect(displayDateTime('2030-07-01T12:00:07Z', warsaw)).toBe('2030-07-01 14:00:07')
    expect(displayDate('2030-07-01', tokyo)).toBe('01.07.2030')
    expect([parseDate('31.12.2030', tokyo), parseDate('2030-12-31', tokyo), parseDate('x', tokyo)]).toEqual([
      ...['2030-12-31', '2030-12-31', undefined],
    ])
  })

  it('are in UTC for a zone that nobody knows', () => {
    expect(displayDateTime('2030-01-01 23:30:00', { ...utc, timezone: 'Mars/Olympus' })).toBe('01/01/2030 23:30')
  })
})
