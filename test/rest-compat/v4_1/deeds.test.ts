import { describe, expect, it } from 'vitest'
import { before, failing, page } from './door.ts'

describe('a note', () => {
  it('gets a file and the record it belongs to', async () => {
    const { ask, asked } = before(({ variables }) => ({ data: { record: { id: variables['id'] } } }))
    const note = { id: 'n', filename: 'a.php', file: 'aGVsbG8=' }

    expect(
      await ask('set_note_attachment', { ...note, related_module_id: 'a', related_module_name: 'Accounts' }),
    ).toEqual({ id: 'n' })

    expect(asked[0]?.variables['input']).toEqual({
      ...{ filename: 'a.php.txt', filecontents: 'aGVsbG8=', parent_type: 'Accounts', parent_id: 'a' },
    })
    expect(await before(() => failing('NOT_FOUND')).ask('set_note_attachment', note)).toEqual({ id: '-1' })
  })

  it('answers its file, an empty one where there is none', async () => {
    const record = {
      id: 'n',
      filename: 'a.txt',
      parent_type: 'Accounts',
      parent_id: 'a',
      file: { contents: 'aGVsbG8=' },
    }
    const { ask } = before(({ variables }) => ({ data: { record: variables['id'] === 'n' ? record : null } }))

    expect(await ask('get_note_attachment', 'n')).toEqual({
      note_attachment: {
        ...{ id: 'n', filename: 'a.txt', file: 'aGVsbG8=', related_module_id: 'a', related_module_name: 'Accounts' },
      },
    })
    expect(await ask('get_note_attachment', 'gone')).toMatchObject({
      note_attachment: { id: 'gone', filename: '', file: '', related_module_id: null },
    })
  })
})

describe('a document', () => {
  it('gets revisions with files, and answers them', async () => {
    const record = {
      id: 'r',
      revision: '2',
      filename: 'a.txt',
      document_name: '<i>Plan',
      file: { contents: 'aGVsbG8=' },
    }
    const { ask, asked } = before(({ name }) =>
      name === 'LegacyDocumentFile' ? { data: { record: { id: 'd', revisionId: 'r' } } } : { data: { record } },
    )

    expect(await ask('set_document_revision', { id: 'd', revision: '2', filename: 'a.txt', file: 'aGVsbG8=' })).toEqual(
      {
        id: 'r',
      },
    )
    expect(asked[0]?.variables['input']).toEqual({ filename: 'a.txt', filecontents: 'aGVsbG8=', revision: '2' })
    expect(await ask('get_document_revision', 'r')).toEqual({
      document_revision: { id: 'r', document_name: 'iPlan', revision: '2', filename: 'a.txt', file: 'aGVsbG8=' },
    })
    expect(await before(() => ({ data: { record: null } })).ask('get_document_revision', 'gone')).toMatchObject({
      number: 51,
    })
  })
})

describe('what a user looked at', () => {
  it('is remembered when a call says so, and answered even where that fails', async () => {
    const { ask, asked, logged } = before(({ name }) =>
      name === 'LegacyTrackView' ? failing('FORBIDDEN') : { data: { record: { id: 'a' } } },
    )

    expect(await ask('get_entry', 'Accounts', 'a', ['id'], [], true)).toMatchObject({ entry_list: [{ id: 'a' }] })

    expect(asked.at(-1)?.variables).toEqual({ module: 'Accounts', id: 'a', action: 'detailview' })
    expect(logged).toEqual([{ module: 'Accounts', fault: 'no_access' }])
  })

  it('is told module by module', async () => {
    const view = { ...{ id: 7, item_id: 'a', item_summary: 'A "B"', module_name: 'Accounts', monitor_id: 'm' } }
    const { ask } = before(() => ({ data: { views: [{ ...view, date_modified: '2030-01-01T10:00:00Z' }] } }))

    expect(await ask('get_last_viewed', ['Accounts', 'Nope'])).toEqual([
      { ...view, id: '7', item_summary: 'A &quot;B&quot;', date_modified: '2030-01-01 10:00:00' },
    ])
  })
})

describe('what is coming up', () => {
  it('is the next ten of all kinds, soonest first', async () => {
    const { ask, asked } = before(({ text }) =>
      text.includes('calls(')
        ? page([{ id: 'c', name: 'Call', date_start: '2030-01-03T00:00:00Z' }])
        : text.includes('opportunities(')
          ? page([{ id: 'o', name: 'Deal', date_closed: '2030-01-02' }])
          : text.includes('tasks(')
            ? failing('FORBIDDEN')
            : page(
                Array.from({ length: 10 }, (_, i) => ({ id: `m${i}`, name: 'M', date_start: '2030-02-01T00:00:00Z' })),
              ),
    )

    const found = (await ask('get_upcoming_activities')) as { id: string; date_due: string }[]

    expect(found).toHaveLength(10)
    expect(found.slice(0, 3).map(({ id }) => id)).toEqual(['o', 'c', 'm0'])
    expect(found[0]?.date_due).toBe('2030-01-02')
    expect(JSON.stringify(asked[0]?.variables)).toContain('"assigned_user_id":{"eq":"1"}')
  })
})

describe('a mail merge', () => {
  it('is logged for targets, and needs some', async () => {
    const { ask, asked } = before(() => ({ data: {} }))

    expect(await ask('set_campaign_merge', ['t1', 't2'], 'camp')).toBeNull()
    expect(asked[0]?.variables).toEqual({ campaignId: 'camp', targetIds: ['t1', 't2'] })
    for (const [targets, campaign] of [
      [[], 'camp'],
      ['t1', 'camp'],
      [['t1'], ''],
    ]) {
      expect(await ask('set_campaign_merge', targets, campaign)).toMatchObject({ number: 1005 })
    }
  })
})
