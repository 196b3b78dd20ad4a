/**
 * Keeps a spreadsheet from taking text for a formula, also where it is written in full-width characters.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection read 2026-11
 */
export const guarded = (text: string) => (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text)
