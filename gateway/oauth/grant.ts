import type Provider from 'oidc-provider'
import { suitecrmResource, suitecrmScope } from './suitecrm-token.ts'

/** A new grant of all that a SuiteCRM client can be granted. */
export async function grantAll(provider: Provider, clientId: string, accountId: string) {
  const grant = new provider.Grant({ clientId, accountId })
  grant.addResourceScope(suitecrmResource, suitecrmScope)
  await grant.save()
  return grant
}
