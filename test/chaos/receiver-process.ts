// A receiver of webhooks as a process of its own, which may be killed: it writes down what it got before it answers.
// Arguments: the file to write to, the port (0 for any), and how probable it is that it refuses an event that it does not know.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What it tells the process that started it. */
export interface FromReceiver {
  readonly port: number
  /** How many different events are written down. */
  readonly known: number
}

/** One line of the file. */
export interface Reception {
  readonly number: number
  readonly resourceId: string
  readonly version: number
  /** Milliseconds, as Date.now() has them. */
  readonly at: number
  readonly isRefused: boolean
  /** Of what it refuses it has had some all the same. */
  readonly isKept: boolean
}

const [file = '', port = '0', refusal = '0'] = process.argv.slice(2)
const known = new Set(readReceptions().flatMap(({ number, isKept }) => (isKept ? [number] : [])))
// An event is refused once at most, for what failed twice waits for a minute. Of what was sent while nobody was here, it is not known.
const refused = new Set<number>()
const firstRefused = known.size === 0 ? 0 : Math.max(...known) + 200

const server = createServer((request, response) => void take(request, response))
server.listen(Number(port), '127.0.0.1', tell)

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { data } = JSON.parse(await text(request)) as { data: Pick<Reception, 'number' | 'resourceId' | 'version'> }
  const { number, resourceId, version } = data
  const isNew = number >= firstRefused && !refused.has(number)
  const isRefused = isNew && Math.random() < Number(refusal)
  const isKept = !isRefused || Math.random() < 0.5
  const reception: Reception = { number, resourceId, version, at: Date.now(), isRefused, isKept }
  appendFileSync(file, `${JSON.stringify(reception)}\n`)
  if (isKept) known.add(number)
  if (isRefused) refused.add(number)
  response.writeHead(isRefused ? 503 : 204).end()
  tell()
}

function tell(): void {
  process.send?.({ port: (server.address() as AddressInfo).port, known: known.size } satisfies FromReceiver)
}

function readReceptions(): Reception[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Reception)
}
