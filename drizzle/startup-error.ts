/** Something the person who starts Switchyard can mend. Its message says what is wrong and what to do; it is printed without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
