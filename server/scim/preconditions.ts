// ETags (RFC 7644 section 3.14): the version of a resource, as a weak validator.
import type { IncomingHttpHeaders } from 'node:http'

export function formatETag(version: number): string {
  return `W/"${version}"`
}

/**
 * What If-Match accepts, or undefined where it is not sent. Tags are compared weakly, for SCIM uses weak tags there although
 * HTTP would never let them match.
 */
export function readIfMatch(headers: IncomingHttpHeaders): ((version: number) => boolean) | undefined {
  const header = headers['if-match']
  if (header === undefined) return undefined
  return (version) => lists(header, version)
}

/** Whether If-None-Match names this version, so that there is nothing to send. */
export function isNotModified(headers: IncomingHttpHeaders, version: number): boolean {
  const header = headers['if-none-match']
  return header !== undefined && lists(header, version)
}

function lists(header: string, version: number): boolean {
  if (header.trim() === '*') return true
  const tags = [...header.matchAll(/(?:W\/)?"([^"]*)"/gi)].map((match) => match[1])
  return tags.length === 0 ? header.trim() === String(version) : tags.includes(String(version))
}
