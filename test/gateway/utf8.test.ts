import { expect, it } from 'vitest'
import { utf8Of } from '../../gateway/utf8.ts'

const words = ['Söhne ', '', '🎉', 'Łódź\u2028', 'end']

it('writes pieces as the whole text would be written', () => {
  expect(utf8Of(words)).toEqual(Buffer.from(words.join('')))
  expect(utf8Of(words.join(''))).toEqual(Buffer.from(words.join('')))
})

it('gives every answer bytes of its own', () => {
  const first = utf8Of(['one'])

  utf8Of(['two'])

  expect(first.toString()).toBe('one')
})

it('writes texts that are longer than its scratch', () => {
  const long = Array.from({ length: 300 }, (_, i) => `${i}ü`.repeat(1000))

  expect(utf8Of(long).equals(Buffer.from(long.join('')))).toBe(true)
})
