/** What stands for a name that might be anything. */
export const hiddenName = '[name]'

/**
 * A name that a caller chose, as far as it can only be a name: of letters, with a few digits at its end or between
 * them. Keys, tokens and numbers of cards have more of those.
 */
export const isName = (text: string) =>
  text.length <= 64 && /^[a-z_][a-z_.-]*(\d{1,3}[a-z_.-]+){0,2}\d{0,3}$/i.test(text)

/** The words of an operation, such as `query Find`; those that are no names are not told. */
export const saneName = (words: string) =>
  words
    .split(' ')
    .slice(0, 3)
    .map(word => (word === '' || isName(word) ? word : hiddenName))
    .join(' ')
    .trim()
