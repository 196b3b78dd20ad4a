/** A name as SQL writes it. Names come from the catalog; a quote in one would still not end it. */
export const ident = (name: string) => `"${name.replaceAll('"', '""')}"`

/** A constant of a definition as SQL text. Values of a request are parameters, never this. */
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
