import { existsSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { expect } from 'chai'
import { testDatabaseUrl } from '../support/postgres.ts'
import { Installation, type RollcallProcess } from '../support/process.ts'
import { type RawReply, sendRaw } from '../support/raw-http.ts'
import { widgets, withFolder } from '../support/resource-types.ts'
import { userSchema } from '../support/scim-client.ts'
import {
  beginCreate,
  createUser,
  given,
  listUserNames,
  readPostmasterPid,
  refusesConnections,
  token,
  writeUntilKilled,
} from '../support/started.ts'

const operatorToken = 'token-of-the-operator-of-all'
// The log says which worker answered which request.
const two = { ...given, WORKERS: '2', LOG_LEVEL: 'debug' }

describe('starting Rollcall with two workers', function () {
  this.timeout(90_000)

  describe('that go on', () => {
    let installation: Installation
    let rollcall: RollcallProcess
    let baseUrl: string
    let workers: number[]
    before(async () => {
      installation = await Installation.create()
      const served = await installation.serve({ ...two, ROLLCALL_ADMIN_TOKEN: operatorToken })
      rollcall = served.process
      baseUrl = served.baseUrl
    })
    beforeEach(() => {
      workers = listWorkers(rollcall)
    })
    after(() => installation.remove())

    it('has both serve, and what each of them logs arrives', async () => {
      let number = 0
      const replies = await reachEach(rollcall, workers, () => {
        const body = JSON.stringify({ schemas: [userSchema], userName: `logged-${number++}` })
        return send(baseUrl, 'POST /scim/v2/Users', token, body)
      })
      expect([...replies.values()].map(({ status }) => status)).to.deep.equal([201, 201])
      const ready = await reachEach(rollcall, workers, () => send(baseUrl, 'GET /scim/v2/Users?count=0', token))
      expect([...ready.values()].map(({ status }) => status)).to.deep.equal([200, 200])
      const sent = [...replies.values()].map(({ headers }) => headers['x-request-id'])
      for (let logged: unknown[] = []; !sent.every((id) => logged.includes(id));) {
        logged = (await manage(baseUrl, 'GET', '/requests')).map(({ id }) => id)
      }
    })

    it('has both refuse a token within a second of its end', async () => {
      const [made] = await manage(baseUrl, 'POST', '/tokens', { name: 'Short', scopes: ['read'] })
      const read = (): Promise<RawReply> => send(baseUrl, 'GET /scim/v2/Users?count=0', made?.['secret'] ?? '')
      await reachEach(rollcall, workers, async () => {
        const reply = await read()
        expect(reply.status).to.equal(200)
        return reply
      })
      await manage(baseUrl, 'DELETE', `/tokens/${made?.['id']}`)
      const endedAt = performance.now()
      const refusing = new Set<number>()
      while (refusing.size < workers.length) {
        const sentAt = performance.now()
        const reply = await read()
        if (reply.status === 401) refusing.add(await findWorker(rollcall, reply))
        else expect(sentAt - endedAt).to.be.below(1000)
      }
    })

    it('replaces a worker that was killed, while the other one serves; after a longer pause if it ends at once', async () => {
      const [victim = 0] = workers
      const acknowledged = new Set<string>()
      const replaced = new AbortController()
      const write = async (writer: number): Promise<void> => {
        for (let number = 0; !replaced.signal.aborted; number++) {
          const name = `written-${writer}-${number}`
          // A connection that was on its way to the killed worker is never answered.
          const reply = await createUser(baseUrl, name, token, AbortSignal.timeout(3000)).catch(() => undefined)
          if (reply === undefined) continue
          expect(reply.status).to.equal(201)
          acknowledged.add(name)
        }
      }
      const writing = Promise.all([0, 1, 2, 3].map(write))
      process.kill(victim, 'SIGKILL')
      expect(await findPause(rollcall, victim)).to.equal(100)
      const before = acknowledged.size
      const next = await untilReplaced(rollcall, workers)
      expect(acknowledged.size).to.be.above(before)
      replaced.abort()
      await writing
      await reachEach(rollcall, [next], () => send(baseUrl, 'GET /scim/v2/Users?count=0', token))
      const found = await listUserNames(baseUrl)
      expect([...acknowledged].filter((name) => !found.has(name))).to.deep.equal([])

      process.kill(next, 'SIGKILL')
      expect(await findPause(rollcall, next)).to.equal(200)
      await untilReplaced(rollcall, [...workers, next])
    })

    it('serves on the same port again when all were killed', async () => {
      const known = listServed(rollcall)
      for (const pid of workers) process.kill(pid, 'SIGKILL')
      const first = await untilReplaced(rollcall, known)
      const second = await untilReplaced(rollcall, [...known, first])
      const replies = await reachEach(rollcall, [first, second], () =>
        send(baseUrl, 'GET /scim/v2/Users?count=0', token),
      )
      expect([...replies.values()].map(({ status }) => status)).to.deep.equal([200, 200])
    })

    it('lets a worker that gets SIGTERM finish its requests, and replaces it', async () => {
      const [asked = 0] = workers
      const known = listServed(rollcall)
      const begun = [await beginCreate(baseUrl, 'third'), await beginCreate(baseUrl, 'fourth')]
      process.kill(asked, 'SIGTERM')
      const answers = await Promise.all(begun.map(({ finish }) => finish()))
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([201, 201])
      const finishing = await Promise.all(answers.map((answer) => findWorker(rollcall, answer)))
      expect(finishing).to.have.members(workers)
      await untilReplaced(rollcall, known)
    })
  })

  describe('that end', () => {
    let installation: Installation
    beforeEach(async () => {
      installation = await Installation.create()
    })
    afterEach(() => installation.remove())

    it('finishes what is under way on each of them at SIGTERM, and ends all processes and PostgreSQL', async () => {
      const { process: rollcall, baseUrl } = await installation.serve(two)
      const workers = listWorkers(rollcall)
      const begun = [await beginCreate(baseUrl, 'first'), await beginCreate(baseUrl, 'second')]
      const started = performance.now()
      const exit = rollcall.stop()
      await refusesConnections(baseUrl)
      const answers = await Promise.all(begun.map(({ finish }) => finish()))
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([201, 201])
      expect(await exit).to.deep.equal({ code: 0, signal: null })
      expect(performance.now() - started).to.be.below(10_000)
      const finishing = await Promise.all(answers.map((answer) => findWorker(rollcall, answer)))
      expect(finishing).to.have.members(workers)
      for (const pid of workers) expect(() => process.kill(pid, 0)).to.throw('ESRCH')
      expect(rollcall.output).not.to.include('a worker ended')
      expect(existsSync(path.join(installation.dataDir, 'postgres-18', 'postmaster.pid'))).to.equal(false)
    })

    it('ends its workers when it is killed, and starts again with every acknowledged write', async () => {
      const { process: rollcall, baseUrl } = await installation.serve(two)
      const pid = await readPostmasterPid(installation.dataDir)
      // The output ends with the last process that holds it.
      const acknowledged = await writeUntilKilled(baseUrl, () => rollcall.stop('SIGKILL'))
      const { baseUrl: again } = await installation.serve(two)
      expect(await readPostmasterPid(installation.dataDir)).to.equal(pid)
      const found = await listUserNames(again)
      expect([...acknowledged].filter((name) => !found.has(name))).to.deep.equal([])
    })

    it('shows the first token once; what is wrong is said once, as by one process', async () => {
      const { process: rollcall, baseUrl } = await installation.serve({ WORKERS: '2' })
      const [, secret = ''] = await rollcall.until(/Bearer token\s+(\S+)\n[^]*curl -H/)
      expect((await createUser(baseUrl, 'welcome', secret)).status).to.equal(201)
      expect(rollcall.output.match(/serves SCIM/g)).to.have.length(1)
      const { port } = new URL(baseUrl)
      const elsewhere = { DATABASE_URL: testDatabaseUrl(), LOG_LEVEL: 'silent' }
      for (const WORKERS of ['1', '3']) {
        const refused = installation.run(['serve'], { ...elsewhere, PORT: port, WORKERS })
        expect((await refused.exit).code).to.equal(4)
        expect(refused.output).to.equal(
          `rollcall: PORT ${port} of HOST 127.0.0.1 cannot be listened on: the port is in use.\n`,
        )
      }
      await withFolder({ 'widget.json': widgets({ name: 'size', type: 'huge' }) }, async (folder) => {
        const wrong = installation.run(['serve'], { ...elsewhere, ROLLCALL_SCHEMAS_DIR: folder, WORKERS: '3' })
        expect((await wrong.exit).code).to.equal(4)
        expect(wrong.output).to.match(/^rollcall: ROLLCALL_SCHEMAS_DIR: .*size type.*\n$/)
      })
    })

    it('holds a token to the limit over all of them, and gives one connection all of it', async () => {
      const { process: rollcall, baseUrl } = await installation.serve({ ...two, RATE_LIMIT_PER_SECOND: '20' })
      const connections = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })]
      try {
        const used = await Promise.all(connections.map((agent) => sendThrough(baseUrl, agent)))
        const serving = await Promise.all(used.map((answer) => findWorker(rollcall, answer)))
        expect(new Set(serving).size).to.equal(2)
        const granted: number[] = []
        for (const agent of connections) {
          let count = 0
          while ((await sendThrough(baseUrl, agent)).statusCode === 200) count++
          granted.push(count)
        }
        const [first = 0, second = 0] = granted
        expect(first).to.be.at.least(190)
        // What the first one took within the last moments has yet to be told.
        expect(second).to.be.below(100)
      } finally {
        for (const agent of connections) agent.destroy()
      }
    })
  })
})

/** The process ids of all workers that ever served. */
function listServed({ output }: RollcallProcess): number[] {
  return [...output.matchAll(/"worker":(\d+),"msg":"a worker serves"/g)].map(([, pid]) => Number(pid))
}

/** The process ids of the workers that serve. */
function listWorkers(rollcall: RollcallProcess): number[] {
  return listServed(rollcall).filter((pid) => !rollcall.output.includes(`"worker":${pid},"how"`))
}

async function untilReplaced(rollcall: RollcallProcess, known: readonly number[]): Promise<number> {
  const [, pid] = await rollcall.until(new RegExp(`"worker":(?!(?:${known.join('|')}),)(\\d+),"msg":"a worker serves"`))
  return Number(pid)
}

/** How long the primary waits before it replaces the killed worker, in milliseconds. */
async function findPause(rollcall: RollcallProcess, pid: number): Promise<number> {
  const [, pause] = await rollcall.until(new RegExp(`"worker":${pid},"how":"SIGKILL","pauseMs":(\\d+)`))
  return Number(pause)
}

/** The worker that answered. */
async function findWorker(rollcall: RollcallProcess, reply: RawReply | Response | IncomingMessage): Promise<number> {
  const id = reply.headers instanceof Headers ? reply.headers.get('x-request-id') : reply.headers['x-request-id']
  return Number((await rollcall.until(new RegExp(`"worker":(\\d+),"requestId":"${String(id)}"`)))[1])
}

/** Sends requests until each worker has answered one; the last answer of each. */
async function reachEach(
  rollcall: RollcallProcess,
  workers: readonly number[],
  sendOne: () => Promise<RawReply>,
): Promise<Map<number, RawReply>> {
  const replies = new Map<number, RawReply>()
  while (!workers.every((pid) => replies.has(pid))) {
    const reply = await sendOne()
    replies.set(await findWorker(rollcall, reply), reply)
  }
  return replies
}

/** A request over a connection of its own. */
function send(baseUrl: string, line: string, bearer: string, body = ''): Promise<RawReply> {
  const head = [
    `${line} HTTP/1.1`,
    'Host: rollcall',
    'Connection: close',
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/scim+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return sendRaw(baseUrl, `${head.join('\r\n')}\r\n\r\n${body}`)
}

/** A request over the connection of the agent. */
function sendThrough(baseUrl: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` }
    request(`${baseUrl}/Users?count=0`, { agent, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer))
    })
      .once('error', reject)
      .end()
  })
}

type Item = Record<string, string>

/** Asks the management API about the one organization; what it answers, as a list. */
async function manage(baseUrl: string, method: string, below: string, body?: unknown): Promise<Item[]> {
  const { origin } = new URL(baseUrl)
  const call = async (verb: string, url: string, content?: unknown): Promise<Item[]> => {
    const headers = { Authorization: `Bearer ${operatorToken}`, 'Content-Type': 'application/json' }
    const text = content === undefined ? {} : { body: JSON.stringify(content) }
    const response = await fetch(`${origin}/v1/organizations${url}`, { method: verb, headers, ...text })
    expect(response.status).to.be.below(300)
    if (response.status === 204) return []
    const answer = (await response.json()) as Item | { data: Item[] }
    return Array.isArray(answer['data']) ? answer['data'] : [answer as Item]
  }
  const [organization] = await call('GET', '')
  return call(method, `/${organization?.['id']}${below}`, body)
}
