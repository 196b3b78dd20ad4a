import { isMany } from '../../schema/link.ts'
import type { Operation } from '../operation.ts'
import { isObject, textOf, textsOf, wholeOf } from './arguments.ts'
import { run, type Arguments, type Call } from './call.ts'
import type { Row } from './computed.ts'
import { Fault } from './fault.ts'
import { fieldsOf } from './links.ts'
import { planned } from './plan.ts'
import { listAnswer, moduleOf, nodesOf, pageMax } from './read.ts'
import { columnsOf, nameValueList } from './record.ts'
import type { Column } from './value.ts'

/** A name for the targets of campaigns that SuiteCRM answers in place of a module. */
export const isCampaignTargets = (name: unknown) => name === 'CampaignProspects'

/**
 * The targets of campaigns: prospects on the target lists of a campaign.
 *
 * A condition on these is not understood, as it would be one on four tables at once.
 *
 * @see modules/Prospects/Prospect.php retrieveTargetList()
 */
export async function campaignTargets(call: Call, args: Arguments) {
  if (textOf(args.query).trim() !== '') {
    call.context.log({ module: 'CampaignProspects', construct: 'a condition' }, 'a query fragment was refused')
    throw new Fault('no_access')
  }
  const module = moduleOf(call, 'Prospects')
  const columns = columnsOf(call.context.catalog, module, call.version, textsOf(args.select_fields), 'list')
  const targets = await targetsOf(call, columns)
  const offset = Math.max(0, wholeOf(args.offset) ?? 0)
  const wanted = wholeOf(args.max_results) ?? 0
  const page = targets.slice(offset, offset + (wanted > 0 ? wanted : 20))
  const entries = page.map(row => ({
    id: row.id,
    module_name: module.name,
    name_value_list: nameValueList(columns, row),
  }))
  return listAnswer(call.version, { ...args, link_name_to_fields_array: [] }, entries, [], offset, targets.length)
}

/** Target lists that belong to a campaign, and the prospects on them: one row for each pair of the two. */
async function targetsOf(call: Call, columns: readonly Column[]): Promise<readonly Row[]> {
  const links = call.context.catalog.links(moduleOf(call, 'ProspectLists'))
  const [campaigns, prospects] = [links.get('campaigns'), links.get('prospects')]
  if (!campaigns || !prospects || !isMany(campaigns) || !isMany(prospects)) return []
  const { list } = await run(call, operationOf(call, fieldsOf(columns)), { first: pageMax })
  return nodesOf(list).flatMap(targetList => {
    const times = isObject(targetList.campaigns) ? Number(targetList.campaigns.totalCount) : 0
    return Array.from({ length: times }, () => nodesOf(targetList.prospects)).flat()
  })
}

const operationOf = (call: Call, fields: string): Operation =>
  planned(call.context.catalog, `campaign targets ${fields}`, () => ({
    name: 'LegacyCampaignTargets',
    text: `query LegacyCampaignTargets($first: Int!) { list: prospectLists(first: $first, sort: [{ field: id }]) { nodes { id campaigns { totalCount } prospects(first: ${pageMax}, sort: [{ field: id }]) { nodes { ${fields} } } } } }`,
  }))
