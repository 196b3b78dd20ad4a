import { hash } from 'node:crypto'
import { phpJson } from '../php.ts'

/** By which clients see whether metadata has changed. */
export const checkSum = (value: unknown) => hash('md5', phpJson(value))
