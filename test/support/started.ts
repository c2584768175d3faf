// What tests ask of a Rollcall that runs as a process of its own.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { expect } from 'chai'
import { userSchema } from './scim-client.ts'

export const token = 'token-given-by-the-operator'
export const given = { ROLLCALL_SCIM_TOKEN: token }

export function createUser(
  baseUrl: string,
  userName: string,
  bearer = token,
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(`${baseUrl}/Users`, {
    method: 'POST',
    signal,
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/scim+json' },
    body: JSON.stringify({ schemas: [userSchema], userName }),
  })
}

export async function listUserNames(baseUrl: string, bearer = token): Promise<Set<string>> {
  const names = new Set<string>()
  for (let startIndex = 1; ; startIndex += 1000) {
    const url = `${baseUrl}/Users?attributes=userName&count=1000&startIndex=${startIndex}`
    const response = await fetch(url, { headers: { Authorization: `Bearer ${bearer}` } })
    const list = (await response.json()) as { Resources: { userName: string }[] }
    if (list.Resources.length === 0) return names
    for (const { userName } of list.Resources) names.add(userName)
  }
}

export async function readPostmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(path.join(dataDir, 'postgres-18', 'postmaster.pid'), 'utf8')).split('\n', 1)[0])
}

/** Sends the head of a request and waits until the server has it ("100 Continue"); the body follows when told. */
export async function beginCreate(
  baseUrl: string,
  userName: string,
): Promise<{ finish: () => Promise<IncomingMessage> }> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json', Expect: '100-continue' }
  const sent = request(`${baseUrl}/Users`, { method: 'POST', headers })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.flushHeaders()
  await once(sent, 'continue')
  return {
    finish: async () => {
      sent.end(JSON.stringify({ schemas: [userSchema], userName }))
      return (await answered)[0]
    },
  }
}

/**
 * Waits until connections are refused. One that comes while the last worker stops listening is accepted, and lies with node:cluster until
 * the primary ends: it tells nothing.
 */
export async function refusesConnections(baseUrl: string): Promise<void> {
  const connect = (): Promise<boolean> =>
    fetch(`${baseUrl}/ServiceProviderConfig`, { signal: AbortSignal.timeout(500) }).then(
      () => true,
      (error: Error) => error.name === 'TimeoutError',
    )
  while (await connect());
}

const writers = 4

/** Writers send one request after the other until nobody answers; the kill comes once there are enough answers. */
export async function writeUntilKilled(baseUrl: string, kill: () => Promise<unknown>): Promise<Set<string>> {
  const acknowledged = new Set<string>()
  let killed: Promise<unknown> | undefined
  const write = async (writer: number): Promise<void> => {
    for (let number = 0; ; number++) {
      const name = `user-${writer}-${number}`
      const response = await createUser(baseUrl, name).catch(() => undefined)
      if (response === undefined) return
      if (response.status === 201) acknowledged.add(name)
      if (acknowledged.size >= 200) killed ??= kill()
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  await killed
  expect(acknowledged.size).to.be.at.least(200)
  return acknowledged
}
