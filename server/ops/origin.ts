import type { Request } from 'express'
import { AppError } from '../errors.ts'

/** How to know the origin that a client used: configured, else from the headers of the request. */
export function createOriginReader(publicUrl: string | undefined, trustsProxy: boolean): (request: Request) => string {
  if (publicUrl !== undefined) return () => publicUrl
  return (request) => {
    const forwarded = trustsProxy ? first(request.headers['x-forwarded-host']) : undefined
    const host = forwarded ?? request.headers.host ?? ''
    // The host goes into every location; what is not a host name must not.
    if (!/^[A-Za-z0-9._\-:[\]]{1,255}$/.test(host))
      throw new AppError('invalid_syntax', 'The Host header is not a host name.')
    const protocol = trustsProxy && first(request.headers['x-forwarded-proto']) === 'https' ? 'https' : 'http'
    return `${protocol}://${host}`
  }
}

function first(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header
  return value?.split(',', 1)[0]?.trim()
}
