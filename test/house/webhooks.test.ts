import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import { webhook } from '../../gateway/commands/webhook.ts'
import { newSecretText } from '../../subgraphs/webhooks/signing/secret-text.ts'
import { signedHeaders, signerOf } from '../../subgraphs/webhooks/signing/sign.ts'
import { testDatabase } from '../database.ts'
import { run, start } from './switchyard.ts'

const { pool, url } = await testDatabase()
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-webhooks-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
await pool`insert into users (id, user_name, status, is_admin, deleted) values ('u1', 'ann', 'Active', true, false)`
await pool`insert into accounts (id, name, deleted) values ('a1', 'Acme', false)`

const environment = { DATABASE_URL: url, DATA_DIR: dataDir }
const switchyard = (parameters: string[]) => run(['webhook', ...parameters], { environment })
const origin = pool.json({ userId: 'u1', requestId: 't' })
const happen = (sequence: number) => pool`
  insert into event_log (at, type, module, record_id, sequence, before, after, origin)
  values (now() at time zone 'utc', 'Accounts.updated', 'Accounts', 'a1', ${sequence}, '{"name":"Old"}', '{"name":"Acme"}', ${origin})`

it('every command is explained, with examples', () => {
  const names = webhook.commands.map(command => command.name())
  expect(names).toEqual([
    ...['list', 'create', 'show', 'update', 'pause', 'resume', 'enable', 'delete', 'rotate', 'test', 'preview'],
    ...['deliveries', 'dead', 'redrive', 'replay', 'discard', 'verify', 'listen'],
  ])
  for (const command of webhook.commands) {
    let help = ''
    command.configureOutput({ writeOut: text => void (help += text) }).outputHelp()
    expect(help).toMatch(/Examples:\n {2}npx switchyard webhook /)
  }
})

describe('an endpoint', { timeout: 180_000 }, () => {
  it('is made, shown, changed, paused, resumed, tested, rotated and removed', async () => {
    const made = await switchyard([
      'create',
      '--user',
      'ann',
      '--url',
      'https://receiver.example/',
      '--type',
      'Accounts.*',
      '--json',
    ])
    const { secret, endpoint } = JSON.parse(made.out) as { secret: string; endpoint: { id: string } }
    expect(secret).toMatch(/^whsec_/)
    const id = endpoint.id.slice(0, 8)

    expect((await switchyard(['update', id, '--settings', '{"concurrency":3}', '--json'])).out).toContain(
      '"concurrency": 3',
    )
    expect(await switchyard(['pause', id])).toMatchObject({ code: 0, out: `${endpoint.id} is paused.\n` })
    expect((await switchyard(['list'])).out).toMatch(new RegExp(`${id} +paused +ann +https://receiver.example/`))
    expect((await switchyard(['resume', id, '--recovery', 'none'])).out).toBe(`${endpoint.id} is active.\n`)
    expect((await switchyard(['rotate', id, '--signing', 'v1a'])).out).toMatch(/whpk_/)
    expect((await switchyard(['test', id])).out).toMatch(/^The test is event \d+/)
    expect((await switchyard(['redrive', id])).out).toBe('0 deliveries.\n')
    expect(JSON.parse((await switchyard(['show', id])).out)).toMatchObject({
      secrets: [{ signing: 'V1A' }, { signing: 'V1' }],
    })
    expect((await switchyard(['delete', id])).code).toBe(0)
  })

  it('that is none is refused with the place of what is wrong', async () => {
    const { code, err } = await switchyard(['create', '--user', 'ann', '--url', 'http://10.0.0.1/', '--type', '*'])

    expect([code, err]).toEqual([1, 'url has to begin with https://\n'])
  })
})

describe('a receiver', { timeout: 180_000 }, () => {
  it('is told why a message does not verify, without a database', async () => {
    const secret = newSecretText('v1')
    const file = path.join(dataDir, 'body.json')
    writeFileSync(file, '{"a":1}')
    const at = Date.parse('2030-01-01') / 1000
    const headers = Object.entries(signedHeaders([signerOf(secret)], '17', at, Buffer.from('{"a":1}')))
    const lines = headers.flatMap(([name, value]) => `${name}: ${value}`)
    const verify = (secret: string, ...more: string[]) =>
      run(['webhook', 'verify', '--secret', secret, '--body', file, '--header', ...lines, ...more], {
        environment: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      })

    expect(await verify(secret, '--at', '2030-01-01')).toMatchObject({ code: 0, out: 'The message is good.\n' })
    expect(await verify(secret)).toMatchObject({ code: 1, out: expect.stringMatching(/^FUTURE: /) as string })
    expect((await verify(newSecretText('v1'), '--at', '2030-01-01')).out).toMatch(/^WRONG_SECRET: /)
  })

  it('without a public address gets what happens from "webhook listen", signed', async () => {
    const secret = newSecretText('v1')
    const got: string[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        new Webhook(secret).verify(body, request.headers as Record<string, string>)
        got.push(body)
        response.end()
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const forward = `http://127.0.0.1:${port}/hook`
    const listening = start(['webhook', 'listen', '--forward', forward, '--secret', secret], { environment })
    await expect.poll(() => listening.said.err, { timeout: 60_000 }).toContain('Waiting for events')

    await happen(2)

    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(1)
    expect(got[0]).toContain('"new":"Acme"')
    await expect.poll(() => listening.said.err).toContain('-> 200')
    expect(listening.said.out).toContain('Accounts.updated')
    expect((await switchyard(['preview', '--type', 'Accounts.updated', '--payload', '{"kind":"THIN"}'])).out).toContain(
      '/Api/V8/module/Accounts/a1',
    )
    listening.child.kill('SIGINT')
    await listening.ended
    server.close()
  })
})
