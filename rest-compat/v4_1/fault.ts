import { errors, isErrorCode, type ErrorCode } from '../../schema/errors.ts'

// SuiteCRM's own table of errors. The numbers are what clients branch on; the codes are ours, for logs.
// @see soap/SoapErrorDefinitions.php
// prettier-ignore
const table = {
  invalid_login:                   [ 10,   'UNAUTHENTICATED', 'Invalid Login', 'Login attempt failed please check the username and password' ],
  invalid_session:                 [ 11,   'UNAUTHENTICATED', 'Invalid Session ID', 'The session ID is invalid' ],
  no_module:                       [ 20,   'NOT_FOUND',      'Module Does Not Exist', 'This module is not available on this server' ],
  no_relationship_support:         [ 31,   'INVALID',        'Relationship Not Supported', 'This module does not support this relationship' ],
  no_access:                       [ 40,   'FORBIDDEN',      'Access Denied', 'You do not have access' ],
  no_records:                      [ 51,   'NOT_FOUND',      'No Records', 'No records were found.' ],
  resource_management_error:       [ 90,   'RATE_LIMITED',   'Resource Management Error', 'The resource query limit specified in config.php has been exceeded during execution of the SOAP method' ],
  invalid_call_error:              [ 1000, 'INVALID',        'Invalid call for this module', 'This is an invalid call for this module. Please look at WSDL file for details' ],
  invalid_data_format:             [ 1001, 'INVALID',        'Invalid data sent', 'The data sent for this function is invalid. Please look at WSDL file for details' ],
  invalid_set_campaign_merge_data: [ 1005, 'INVALID',        'Invalid set_campaign_merge data', 'set_campaign_merge: Merge action status will not be updated, because, campaign_id is null or no targets were selected' ],
  password_expired:                [ 1008, 'UNAUTHENTICATED', 'Password Expired', 'Your password has expired. Please provide a new password.' ],
  lockout_reached:                 [ 1009, 'UNAUTHENTICATED', 'Password Expired', 'You have been locked out of the Sugar application and cannot log in using existing password. Please contact your Administrator.' ],
} as const satisfies Record<string, readonly [number: number, code: ErrorCode, name: string, description: string]>

export type FaultKey = keyof typeof table

/** The error object that v4.1 answers, with HTTP status 200. */
export type FaultAnswer = { readonly name: string; readonly number: number | string; readonly description: string }

export const faultAnswer = (key: FaultKey): FaultAnswer => {
  const [number, , name, description] = table[key]
  return { name, number, description }
}

/** There is no such method. The number is text here, as SuiteCRM answers it. */
export const invalidCall: FaultAnswer = {
  name: 'An Undefined Error - invalid_call occurred',
  number: '-1',
  description: 'There is no error definition for invalid_call',
}

/** A call that ends in an error object. */
export class Fault extends Error {
  override readonly name = 'Fault'

  constructor(
    readonly key: FaultKey,
    /** 200 for everything a caller can cause; others tell of our own trouble. */
    readonly status: 200 | 500 | 503 = 200,
    /** What went wrong, for the log. */
    readonly code: ErrorCode = table[key][1],
  ) {
    super(table[key][2])
  }

  get answer(): FaultAnswer {
    return faultAnswer(this.key)
  }
}

/** The fault that an error of the graph becomes, by the numbers of the error table. */
export function faultOf(code: unknown): Fault {
  if (!isErrorCode(code) || code === 'INTERNAL') return new Fault('invalid_call_error', 500, 'INTERNAL')
  if (code === 'UNAVAILABLE') return new Fault('invalid_call_error', 503, 'UNAVAILABLE')
  return new Fault(byNumber.get(errors[code][1]) ?? 'invalid_call_error', 200, code)
}

const keys = Object.keys(table) as FaultKey[]
const byNumber: ReadonlyMap<number, FaultKey> = new Map(keys.map(key => [table[key][0], key]))
