import { describe, expect, it } from 'vitest'
import { askAsNobody, before, detailOf } from './door.ts'

const { ask } = before(() => ({ data: { r: null } }))
const refusal = async (...request: Parameters<typeof ask>) => {
  const answer = await ask(...request)
  expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json'])
  return detailOf(answer)
}

describe('parameters', () => {
  it.each([
    ['/module/Accounts/not-a-guid', '', 'The option "id" with value "not-a-guid" is invalid.'],
    [
      '/module/Accounts/1',
      'foo=bar',
      'The option "foo" does not exist. Defined options are: "fields", "id", "moduleName".',
    ],
    [
      '/module/Accounts/1',
      'b=1&a=2',
      'The options "a", "b" do not exist. Defined options are: "fields", "id", "moduleName".',
    ],
    [
      '/module/Accounts/1',
      'fields=name',
      'The option "fields" with value "name" is expected to be of type "array", but is of type "string".',
    ],
    ['/module/Accounts/1', 'fields[Accounts]=', 'The option "fields" with value array is invalid.'],
    ['/module/Accounts/1', 'fields[Accounts]=name,%20industry', 'The option "fields" with value array is invalid.'],
    ['/module/Accounts/1', 'fields[Accounts][]=name', 'The option "fields" with value array is invalid.'],
    ['/module/Accounts/1', 'fields[Nope]=name', 'Module Nope does not exist'],
    ['/module/Accounts/1', 'fields[Accounts]=x', 'The following field in Account module is not found: x'],
    ['/module/Accounts/1', 'fields[Accounts]=x,name,y', 'The following fields in Account module are not found: x, y'],
    ['/module/No-pe', '', 'The option "moduleName" with value "No-pe" is invalid.'],
    ['/module/Nope', '', 'Module Nope does not exist'],
    [
      '/module/Accounts',
      'page=2',
      'The option "page" with value "2" is expected to be of type "array", but is of type "string".',
    ],
    ['/module/Accounts', 'page[size]=0', 'The option "size" with value "0" is invalid.'],
    ['/module/Accounts', 'page[size]=-1', 'The option "page" with value array is invalid.'],
    [
      '/module/Accounts',
      'page[offset]=2',
      'The option "offset" does not exist. Defined options are: "number", "size".',
    ],
    ['/module/Accounts', 'sort=name,-id', 'The option "sort" with value "name,-id" is invalid.'],
    ['/module/Accounts', 'sort=', 'The option "sort" with value "" is invalid.'],
    ['/module/Accounts', 'sort=zzz', 'Sort field zzz in Account module is not found'],
    ['/module/Nope', 'fields[Accounts]=zzz', 'Module Nope does not exist'],
  ])('GET %s?%s is refused as SuiteCRM refuses it', async (path, query, detail) => {
    expect(await refusal('GET', path, { query })).toBe(detail)
  })

  const accounts = { type: 'Accounts' }
  it.each([
    [{}, 'The required option "data" is missing.'],
    [{ data: 'x' }, 'The option "data" with value "x" is expected to be of type "array", but is of type "string".'],
    [{ data: {} }, 'The required option "type" is missing.'],
    [{ data: { ...accounts }, foo: 1 }, 'The option "foo" does not exist. Defined options are: "data".'],
    [{ data: [accounts] }, 'The option "0" does not exist. Defined options are: "attributes", "id", "type".'],
    [{ data: { ...accounts, attributes: {} } }, 'The option "data" with value array is invalid.'],
    [{ data: { ...accounts, relationships: {} } }, 'The option "data" with value array is invalid.'],
    [
      { data: { ...accounts, attributes: 'x' } },
      'The option "attributes" with value "x" is expected to be of type "array", but is of type "string".',
    ],
    [
      { data: { ...accounts, id: 5 } },
      'The option "id" with value 5 is expected to be of type "string", but is of type "int".',
    ],
    [
      { data: { ...accounts, id: 1.5 } },
      'The option "id" with value 1.5 is expected to be of type "string", but is of type "float".',
    ],
    [
      { data: { ...accounts, id: true } },
      'The option "id" with value true is expected to be of type "string", but is of type "bool".',
    ],
    [{ data: { ...accounts, id: 'nope' } }, 'The option "id" with value "nope" is invalid.'],
    [{ data: { ...accounts, attributes: { nope: 1 } } }, 'Property nope in Account module is invalid'],
    [{ data: { ...accounts, attributes: { __proto__x: 1 } } }, 'Property __proto__x in Account module is invalid'],
    [{ data: { ...accounts, attributes: { name: ['x'] } } }, 'The option "attributes" with value array is invalid.'],
    [{ data: { type: 'Nope', attributes: { name: 'x' } } }, 'Module Nope does not exist'],
  ])('POST %j is refused as SuiteCRM refuses it', async (body, detail) => {
    expect(await refusal('POST', '/module', { body })).toBe(detail)
  })

  it.each([
    ['text/plain', '{"data":{"type":"Accounts"}}'],
    ['', '{"data":{"type":"Accounts"}}'],
    ['application/json', '{"data":'],
    ['application/json', ''],
    ['application/json', '"data"'],
    ['application/json', `{"data":${'['.repeat(600)}${']'.repeat(600)}}`],
    ['multipart/form-data', 'x'],
  ])('a body of type %j that cannot be read counts as none', async (type, text) => {
    expect(await refusal('POST', '/module', { body: Buffer.from(text), type })).toBe(
      'The required option "data" is missing.',
    )
  })

  it('bytes that are no UTF-8 count as no body', async () => {
    const body = Buffer.concat([Buffer.from('{"data":{"type":"Acc'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')])

    expect(await refusal('POST', '/module', { body })).toBe('The required option "data" is missing.')
  })
})

describe('paths and methods', () => {
  it.each([
    ['GET', '/nope', 404, undefined],
    ['GET', '/module/Accounts/', 404, undefined],
    ['POST', '/webhook', 404, undefined],
    ['PUT', '/module', 405, 'POST, PATCH'],
    ['DELETE', '/module/Accounts', 405, 'GET'],
    ['PATCH', '/module/Accounts/1', 405, 'GET, DELETE'],
    ['PATCH', '/module/Accounts/1/relationships/contacts', 405, 'GET, POST'],
    ['GET', '/module/Accounts/1/relationships/contacts/2', 405, 'DELETE'],
    ['OPTIONS', '/module/Accounts', 200, 'GET'],
  ])('%s %s answers %i before anybody is asked who they are', async (method, path, status, allow) => {
    const answer = await askAsNobody(method, path)

    expect([answer.status, answer.headers['allow']]).toEqual([status, allow])
    expect(answer.headers['access-control-allow-origin']).toBe('*')
  })

  it('lets nobody in who is not signed in', async () => {
    expect((await askAsNobody('GET', '/module/Accounts')).status).toBe(401)
  })

  it('says what is wrong with a path in the form that is accepted', async () => {
    const [json, xml] = [await ask('GET', '/nope'), await ask('PUT', '/module', { accept: 'application/xml' })]

    expect(json.body).toBe('{"message":"Not found"}')
    expect(xml.body).toBe('<root><message>Method not allowed. Must be one of: POST, PATCH</message></root>')
  })

  it('answers HEAD like GET, without a body', async () => {
    const answer = await ask('HEAD', '/meta/modules')

    expect([answer.status, answer.body]).toEqual([200, ''])
  })
})
