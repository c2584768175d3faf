// What the scenarios need of a server, whatever it is.
import type { Address, Memory } from './process.ts'

export interface BenchServer extends Address {
  readonly name: string
  /** With its version. */
  readonly title: string
  readonly isDatabaseBacked: boolean
  /** Whether lists can be walked by cursor; else they are paged by index. */
  readonly hasCursors: boolean
  /** The largest group that it can be given in reasonable time. */
  readonly maxMembers: number
  /** The ids of the users by their number. */
  readonly userIds: string[]
  /** Makes a group, in whatever way is fastest. Returns its id. */
  createGroup(displayName: string, memberIds: readonly string[]): Promise<string>
  countMembers(groupId: string): Promise<number>
  /** Brings the statistics of the planner up to date after groups were made. */
  analyze(): Promise<void>
  readMemory(): Promise<Memory>
  /** How long its process has had a processor so far. */
  readCpuMs(): Promise<number>
  stop(): Promise<void>
}

const mediaType = 'application/scim+json'

/** The bytes of a request to a server; `target` is below its base path. */
export function formatRequest(server: Address, method: string, target: string, body?: unknown): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const content =
    body === undefined ? '' : `Content-Type: ${mediaType}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
  return Buffer.from(
    `${method} ${server.path}${target} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: Bearer ${server.token}\r\n` +
      `Accept: ${mediaType}\r\n${content}\r\n${text}`,
  )
}
