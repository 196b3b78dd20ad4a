import { isName } from '../../schema/redact/names.ts'

const lengthMax = 8_000

const hidden = '"[hidden]"'

/**
 * The message or stack of an error without the values that it repeats: what stands in quotes unless it is a name, and
 * numbers as long as those of cards and accounts.
 *
 * @param isAboutValue  it quotes a value, which may have quotes in it: all is hidden from the first to the last of a line
 */
export const redactMessage = (text: string, isAboutValue = false) =>
  withoutValues(text.slice(0, lengthMax), isAboutValue).replace(/\d{9,}/g, '[hidden]')

const withoutValues = (text: string, isAboutValue: boolean) =>
  isAboutValue
    ? text.replace(/["'`].*["'`]/g, hidden)
    : text.replace(/(["'`])((?:(?!\1)[^\n])*)\1/g, (whole, _quote, quoted: string) => (isName(quoted) ? whole : hidden))
