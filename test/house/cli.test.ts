import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readPostmaster } from '../../drizzle/postmaster.ts'
import { configuration } from '../../gateway/config.ts'
import { testDatabase } from '../database.ts'
import { root, run, start, type Start } from './switchyard.ts'

const place = mkdtempSync(path.join(tmpdir(), 'switchyard-cli-'))
chmodSync(place, 0o755)
afterAll(() => rmSync(place, { recursive: true, force: true }))

const db = await testDatabase()

describe('the switchyard command', () => {
  it('lists its commands, with examples', async () => {
    const { code, out } = await run(['--help'])

    expect(code).toBe(0)
    for (const name of ['serve', 'import', 'seed', 'migrate', 'client', 'key', 'token', 'password', 'doctor', 'schema'])
      expect(out).toMatch(new RegExp(`^  ${name}`, 'm'))
    expect(out).toContain('Examples:')
  })

  it.each(['serve', 'import', 'seed', 'migrate', 'client create', 'doctor', 'schema'])(
    'explains %s, with examples',
    async name => {
      const { code, out } = await run([...name.split(' '), '--help'])

      expect(code).toBe(0)
      expect(out).toMatch(/Examples:\n {2}(.* )?(npx switchyard|npm run)/)
    },
  )

  it('explains every setting', async () => {
    const { out } = await run(['serve', '--help'])

    expect(configuration.filter(({ name }) => !out.includes(`  ${name} `))).toEqual([])
  })

  it('says what it does not know, and fails', async () => {
    expect(await run(['sevre'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/unknown command 'sevre'.*serve/s) as string,
    })
  })

  it('starts nothing when a setting is wrong', async () => {
    const { code, out, err } = await run(['migrate'], {
      environment: { PORT: 'web', DATA_DIR: path.join(place, 'never') },
    })

    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^Switchyard cannot start with these settings:\n {2}PORT is "web"; expected/)
  })

  it('runs from any folder', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

    expect(await run(['--version'], { cwd: tmpdir() })).toMatchObject({ code: 0, out: `${version}\n` })
  })
})

describe('on an old Node', () => {
  it('hands over to the Node that npm ci brought, with its exit code', async () => {
    expect(await run(['--version'], { oldNode: true, cwd: tmpdir() })).toMatchObject({ code: 0 })
    expect(await run(['sevre'], { oldNode: true })).toMatchObject({ code: 1 })
  })
})

describe('the commands', () => {
  it('migrate is content with a database that is up to date', async () => {
    expect(await run(['migrate'], { environment: { DATABASE_URL: db.url } })).toEqual({
      code: 0,
      out: 'The database is up to date.\n',
      err: '',
    })
  })

  it('client create prints a secret of which only the hash is kept', async () => {
    await db.pool`insert into users (id, user_name, status) values ('u1', 'ann', 'Active')`

    const { code, out } = await run(['client', 'create', '--name', 'Export', '--user', 'ann'], {
      environment: { DATABASE_URL: db.url },
    })

    const secret = /client_secret\s+(\S+)/.exec(out)?.[1] ?? ''
    const [row] =
      await db.pool`select name, assigned_user_id, allowed_grant_type, length(secret) as hashed, secret = ${secret} as plain from oauth2clients`
    expect(code).toBe(0)
    expect(row).toEqual({
      name: 'Export',
      assigned_user_id: 'u1',
      allowed_grant_type: 'client_credentials',
      hashed: 64,
      plain: false,
    })
  })

  it('client create names the user who does not exist', async () => {
    const { code, err } = await run(['client', 'create', '--name', 'x', '--user', 'nobody'], {
      environment: { DATABASE_URL: db.url },
    })

    expect({ code, err }).toEqual({ code: 1, err: 'There is no user "nobody".\n' })
  })

  it('seed refuses a database in which people work', async () => {
    expect(await run(['seed'], { environment: { DATABASE_URL: db.url } })).toMatchObject({
      code: 1,
      err: expect.stringContaining('users in this database') as string,
    })
  })

  it('doctor fails when something is wrong', async () => {
    const { code, out } = await run(['doctor'], {
      environment: { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/crm', PORT: '0' },
    })

    expect(code).toBe(1)
    expect(out).toMatch(/^WRONG The database at 127\.0\.0\.1:1\/crm.*\n {8}Check DATABASE_URL\.$/m)
    expect(out).not.toContain('secret')
  })
})

describe('serve', () => {
  const environment = { DATA_DIR: path.join(place, 'served'), PORT: '0', DEMO_DATA: 'no', LOG_LEVEL: 'silent' }
  const cluster = path.join(place, 'served', 'postgres', 'cluster')

  async function serving(options: Start = {}) {
    const server = start(['serve'], { environment, ...options })
    await expect.poll(() => server.said.out, { timeout: 50_000 }).toContain('/livez')
    return { ...server, url: /http:\/\/127\.0\.0\.1:\d+/.exec(server.said.out)?.[0] ?? '' }
  }

  it('ends in order when it is asked to, and its PostgreSQL with it', { timeout: 60_000 }, async () => {
    const { child, ended, url } = await serving()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)

    child.kill('SIGINT')
    child.kill('SIGINT') // npm passes on what the terminal has sent already

    expect(await ended).toMatchObject({ code: 0 })
    expect(readPostmaster(cluster)).toBeUndefined()
  })

  it('passes signals on from an old Node', { timeout: 60_000 }, async () => {
    const { child, ended, url } = await serving({ oldNode: true })

    child.kill('SIGTERM')

    expect(await ended).toMatchObject({ code: 0 })
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('does not stay behind when the old Node is killed', { timeout: 60_000 }, async () => {
    const { child, url } = await serving({ oldNode: true })

    child.kill('SIGKILL')

    await expect
      .poll(
        () =>
          fetch(`${url}/livez`).then(
            () => 'open',
            () => 'closed',
          ),
        { timeout: 15_000 },
      )
      .toBe('closed')
    await expect.poll(() => readPostmaster(cluster), { timeout: 15_000 }).toBeUndefined()
  })

  it('starts again after kill -9, and leaves the server to nobody', { timeout: 90_000 }, async () => {
    const killed = await serving()
    killed.child.kill('SIGKILL')
    await killed.ended

    const { child, ended, url } = await serving()

    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    expect(readPostmaster(cluster)).toBeUndefined()
  })
})
