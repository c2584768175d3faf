// What a server means that refuses a bind. Most say result code 49 of everything, and the reason, if at all, in other ways.
import { PasswordPolicyError } from 'ldapts'
import { type Authentication, ProviderError } from '../provider.ts'
import type { BindAnswer } from './connection.ts'
import { explainCode } from './failure.ts'

type Reason = Extract<Authentication, { ok: false }>['reason']

// Active Directory's words end with `data 52e`, a number of Windows in hexadecimal digits.
const reasonsOfWindows: Readonly<Record<string, Reason>> = {
  '525': 'unknown',
  '52e': 'credentials',
  // Not at this time, and not from here.
  '530': 'disabled',
  '531': 'disabled',
  '532': 'expired',
  '533': 'disabled',
  '701': 'expired',
  // The password must be changed first.
  '773': 'expired',
  '775': 'locked',
}

const reasonsOfPolicy: Readonly<Record<number, Reason>> = {
  [PasswordPolicyError.PasswordExpired]: 'expired',
  [PasswordPolicyError.AccountLocked]: 'locked',
  [PasswordPolicyError.ChangeAfterReset]: 'expired',
}

// 389 Directory Server says 53 of an account that is inactive, and 19 where too much was tried.
const reasonsOfCodes: Readonly<Record<number, Reason>> = {
  19: 'locked',
  32: 'unknown',
  48: 'credentials',
  49: 'credentials',
  53: 'disabled',
}

/** Why a server does not let somebody in; nothing where it does. Throws ProviderError where it says something else. */
export function readRefusal({ code, said, policyError }: BindAnswer): Reason | undefined {
  const ofPolicy = policyError === undefined ? undefined : reasonsOfPolicy[policyError]
  if (ofPolicy !== undefined) return ofPolicy
  if (code === 0) return undefined
  const [, data = ''] = /\bdata ([0-9a-f]+)/i.exec(said) ?? []
  const reason = (code === 49 ? reasonsOfWindows[data.toLowerCase()] : undefined) ?? reasonsOfCodes[code]
  if (reason === undefined) throw explainCode(code, 'sign somebody in')
  return reason
}

const words: Readonly<Record<Reason, string>> = {
  credentials: 'refuses the account or its password. Check both',
  unknown: 'knows no such account. Check its name',
  disabled: 'says that the account is disabled, or may not sign in now or from here',
  expired: 'says that the account or its password has expired, or that the password must be changed',
  locked: 'says that the account is locked. Too many wrong passwords were tried',
}

/** The error where the account that reads is not let in. */
export function explainRefusal(reason: Reason): ProviderError {
  return new ProviderError('settings', `The LDAP server ${words[reason]}.`)
}
