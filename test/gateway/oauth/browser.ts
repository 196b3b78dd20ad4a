/** A browser without scripts: keeps cookies by path, follows redirects within the house, submits forms. */
export function openBrowser(base: string) {
  const cookies: { name: string; value: string; path: string }[] = []

  async function visit(url: string, form?: URLSearchParams): Promise<Page> {
    const { pathname } = new URL(url)
    const cookie = cookies.filter(each => pathname.startsWith(each.path)).map(each => `${each.name}=${each.value}`)
    const response = await fetch(url, {
      redirect: 'manual',
      headers: cookie.length > 0 ? { cookie: cookie.join('; ') } : {},
      ...(form ? { method: 'POST', body: form } : {}),
    })
    response.headers.getSetCookie().forEach(keep)
    const location = response.headers.get('location')
    const next = location === null ? undefined : new URL(location, url)
    if (next?.origin === base) return visit(next.href)
    return { url: next?.href ?? url, status: response.status, headers: response.headers, text: await response.text() }
  }

  function keep(header: string) {
    const [pair = '', ...attributes] = header.split('; ')
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const path = attributes.find(each => each.startsWith('path='))?.slice(5) ?? '/'
    const known = cookies.findIndex(each => each.name === name && each.path === path)
    if (known >= 0) cookies.splice(known, 1)
    if (value) cookies.push({ name, value, path })
  }

  return {
    cookies,
    visit,
    /** Presses a button of the page's form, with its hidden fields. */
    submit(page: Page, answer: string, typed: Record<string, string> = {}) {
      const hidden = [...page.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
      const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
      const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? ''
      return visit(new URL(action, base).href, new URLSearchParams({ ...fields, ...typed, answer }))
    },
  }
}

export type Page = { url: string; status: number; headers: Headers; text: string }
