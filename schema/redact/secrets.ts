import type { Catalog } from '../catalog.ts'

const made = new WeakMap<Catalog, (key: string) => boolean>()

/** Does any module keep a key of this name secret, or is it called as only secrets are? */
export function secretsOf(catalog: Catalog): (key: string) => boolean {
  let hides = made.get(catalog)
  if (!hides) made.set(catalog, (hides = makeSecrets(catalog)))
  return hides
}

function makeSecrets({ modules }: Catalog) {
  const secret = new Set(
    modules.flatMap(({ fields }) =>
      Object.entries(fields).flatMap(([name, { sensitive }]) => (sensitive ? [name.toLowerCase()] : [])),
    ),
  )
  return (key: string) => secret.has(key.toLowerCase()) || secretKey.test(key)
}

/** Never shown, even where a field is called so. */
const secretKey = /pass|pwd|secret|token|credential|authoriz|session|cookie|api_?key|private|signature|hash|salt/i
