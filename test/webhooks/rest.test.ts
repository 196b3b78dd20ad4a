import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { removeGoneHooks } from '../../gateway/webhooks/gone-hooks.ts'
import { routes } from '../../rest-compat/webhooks/routes.ts'
import { permissionHouse } from '../permission/house.ts'

const house = await permissionHouse({ settings: { BACKGROUND_WORK: 'no' } })
const { sql, url } = house
const ann = await house.aPerson()
const eve = await house.aPerson()

async function call(method: string, path: string, body?: unknown, { person = ann, headers = {} } = {}) {
  const response = await fetch(`${url}/webhooks${path}`, {
    method,
    headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, never> }
}

const endpoint = { url: 'https://receiver.example/hook', eventTypes: ['Accounts.*'] }
type Made = { secret: string; endpoint: { id: string } }
const made = async () => ((await call('POST', '/endpoints', endpoint)).body as unknown as Made).endpoint.id

describe('webhooks by REST', () => {
  it('are made, read, changed and removed', async () => {
    const { status, body } = await call('POST', '/endpoints', endpoint)
    const { id } = (body as unknown as Made).endpoint
    expect(status).toBe(201)
    expect(body).toMatchObject({ secret: expect.stringMatching(/^whsec_/) as string })

    expect((await call('GET', '/endpoints')).body).toMatchObject([{ id }])
    expect((await call('PATCH', `/endpoints/${id}`, { description: 'ours' })).body).toMatchObject({
      id,
      description: 'ours',
    })
    expect((await call('POST', `/endpoints/${id}/pause`)).body).toMatchObject({ status: 'PAUSED' })
    expect((await call('POST', `/endpoints/${id}/enable`, { recovery: 'NONE' })).body).toMatchObject({
      status: 'ACTIVE',
    })
    expect((await call('POST', `/endpoints/${id}/secrets`, {})).status).toBe(201)
    expect((await call('GET', `/endpoints/${id}/deliveries?states=DEAD,HELD&first=5`)).body).toMatchObject({
      nodes: [],
    })
    expect((await call('GET', `/endpoints/${id}/deliveries/count?deed=REDRIVE`)).body).toBe(0)
    expect((await call('POST', `/endpoints/${id}/deliveries`, { deed: 'DISCARD', count: 0 })).body).toBe(0)
    expect((await call('POST', `/endpoints/${id}/test`)).status).toBe(202)
    expect((await call('DELETE', `/endpoints/${id}`)).body).toBe(id)
    expect((await call('GET', `/endpoints/${id}`)).status).toBe(404)
  })

  it('are refused as problems, with the place of what is wrong', async () => {
    const id = await made()

    expect(await call('POST', '/endpoints', { ...endpoint, url: 'http://10.0.0.1/' })).toMatchObject({
      status: 422,
      body: { code: 'INVALID', source: { pointer: '/url' }, type: expect.any(String) as string },
    })
    expect((await call('POST', '/endpoints', '{')).body).toMatchObject({ code: 'BAD_REQUEST' })
    expect((await call('POST', '/endpoints', { ...endpoint, nothing: 1 })).status).toBe(422)
    expect((await call('GET', `/endpoints/${id}/deliveries?first=x`)).body).toMatchObject({
      source: { parameter: 'first' },
    })
    expect((await call('GET', `/endpoints/${id}/deliveries?after=x`)).status).toBe(400)
    expect((await call('GET', `/endpoints/${id}`, undefined, { person: eve })).status).toBe(404)
    expect(await call('PUT', '/endpoints')).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } })
    expect((await call('GET', '/nothing')).status).toBe(404)
    const nobody = await fetch(`${url}/webhooks/endpoints`)
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')])
  })

  it('are made once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'one-endpoint' }

    const [first, again] = [
      await call('POST', '/endpoints', endpoint, { headers }),
      await call('POST', '/endpoints', endpoint, { headers }),
    ]

    expect(again.body).toEqual(first.body)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  it('have an OpenAPI document that names every address, and schemas that answers fit', async () => {
    const document = (await (await fetch(`${url}/webhooks/openapi.json`)).json()) as {
      paths: Record<
        string,
        Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
      >
      components: { schemas: Record<string, object> }
    }
    const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method} ${path}`),
    )
    expect(paths.sort()).toEqual(
      routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`).sort(),
    )
    expect(JSON.stringify(document)).not.toContain('undefined')

    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema({ $id: 'all', components: document.components })
    const fits = (name: string, value: unknown) => {
      const validate = ajv.compile({ $ref: `all#/components/schemas/${name}` })
      return validate(value) || ajv.errorsText(validate.errors)
    }
    const { body } = await call('POST', '/endpoints', endpoint)
    expect(fits('EndpointWithSecret', body)).toBe(true)
    expect(fits('Endpoints', (await call('GET', '/endpoints')).body)).toBe(true)
    expect(fits('NewEndpoint', endpoint)).toBe(true)
    expect(
      fits('Deliveries', (await call('GET', `/endpoints/${(body as unknown as Made).endpoint.id}/deliveries`)).body),
    ).toBe(true)
    expect(fits('EndpointWithSecret', { secret: 1 })).not.toBe(true)
    expect((await fetch(`${url}/docs/webhooks`)).status).toBe(200)
    expect(await readFile('gateway/doors.ts', 'utf8')).toContain('/webhooks/*')
  })
})

describe('REST hooks', () => {
  const hook = { hookUrl: 'https://hooks.zapier.com/1', event: 'Contacts.created' }

  it('are subscribed and unsubscribed as Zapier and Make do', async () => {
    const { status, body } = await call('POST', '/hooks', hook)
    expect(status).toBe(201)
    expect(body).toMatchObject({ url: hook.hookUrl, eventTypes: ['Contacts.created'], payload: { kind: 'FULL' } })

    const { id } = body as unknown as { id: string }
    expect((await call('DELETE', `/hooks/${id}`)).status).toBe(200)
    expect((await call('DELETE', `/hooks/${id}`)).status).toBe(404)
    const make = await call('POST', '/hooks', {
      url: 'https://hook.make.com/1',
      events: ['Contacts.created', 'Leads.*'],
      payload: { kind: 'THIN' },
    })
    expect(make.body).toMatchObject({ eventTypes: ['Contacts.created', 'Leads.*'], payload: { kind: 'THIN' } })
  })

  it('have samples that look as what is sent: made up at first, then past events', async () => {
    const none = (await call('GET', '/hooks/samples?event=Contacts.created')).body as unknown as { type: string }[]
    expect(none).toMatchObject([{ type: 'Contacts.created', data: { record: { module: 'Contacts' } } }])

    await house.graph(ann, 'mutation { createContact(input: { last_name: "Lee" }) { id } }')
    const past = (await call('GET', '/hooks/samples?event=Contacts.created')).body as unknown as {
      data: { current: object }
    }[]
    expect(past).toMatchObject([{ type: 'Contacts.created', data: { current: { last_name: 'Lee' } } }])
  })

  it('go when their address has answered 410, and other endpoints stay', async () => {
    const { id } = (await call('POST', '/hooks', hook)).body as unknown as { id: string }
    const other = await made()
    await sql`update webhook_endpoint set status = 'DISABLED', status_reason = 'gone' where id in (${id}, ${other})`

    await removeGoneHooks(sql)

    expect((await call('GET', `/endpoints/${id}`)).status).toBe(404)
    expect((await call('GET', `/endpoints/${other}`)).status).toBe(200)
    expect(await sql`select from webhook_secret where endpoint_id = ${id}`).toHaveLength(0)
  })
})
