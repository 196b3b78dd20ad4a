import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'

const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

const lock = z
  .object({ packages: z.record(z.string(), z.object({ license: z.string().optional(), dev: z.boolean().optional() })) })
  .parse(JSON.parse(file('package-lock.json')))

/** Their terms are met by the licence text that each package carries. */
const usual = ['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']

it('NOTICE names every package that runs with Switchyard under a licence other than MIT, ISC or BSD', () => {
  const named = new Set(file('NOTICE').split(/[\s,:]+/))

  const missing = Object.entries(lock.packages)
    .filter(([place, { license, dev }]) => place && !dev && !usual.includes(license ?? 'unknown'))
    .map(([place, { license }]) => ({ name: place.replace(/^.*node_modules\//, ''), license }))
    .filter(({ name }) => !named.has(name))

  expect(missing).toEqual([])
})
