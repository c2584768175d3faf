// OpenLDAP's server (Debian package slapd) with a directory of its own in a temporary folder, on free ports of 127.0.0.1.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'ldapts'
import { type Certificate, createCertificate } from './certificate.ts'

export const slapdProgram = '/usr/sbin/slapd'

export interface Slapd {
  /** Where it speaks LDAP, with StartTLS. */
  readonly port: number
  /** Where it speaks LDAPS. */
  readonly securePort: number
  readonly certificate: Certificate
  /** Changes the directory as its administrator. */
  change(work: (client: Client) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export interface SlapdOptions {
  /** What is in it at first, as LDIF; times of changes are those that it says. */
  readonly ldif: string
  readonly certificate?: Certificate
}

export const suffix = 'dc=example,dc=test'
/** Who may read everything, and how many entries of a search that is not in pages. */
export const reader = { name: `cn=rollcall,ou=services,${suffix}`, password: 'corr3ct-h0rse-battery' }
const administrator = { name: `cn=admin,${suffix}`, password: 'admin-of-this-test' }

/** Starts one; the programs must be there. */
export async function startSlapd({ ldif, certificate = createCertificate() }: SlapdOptions): Promise<Slapd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-slapd-'))
  const schema = path.resolve('test/support/slapd/directory.schema')
  const file = (name: string): string => path.join(folder, name)
  await mkdir(file('data'))
  await writeFile(file('slapd.conf'), configure(folder, schema))
  await writeFile(file('start.ldif'), ldif)
  await writeFile(file('server.key'), certificate.key, { mode: 0o600 })
  await writeFile(file('server.crt'), certificate.cert)
  await succeed(spawn('/usr/sbin/slapadd', ['-q', '-f', file('slapd.conf'), '-l', file('start.ldif')]), 'slapadd')
  const [port, securePort] = [await findFreePort(), await findFreePort()]
  const places = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${securePort}/`
  // With -d it stays a child of ours.
  const server = spawn(slapdProgram, ['-d', '0', '-f', file('slapd.conf'), '-h', places], { stdio: 'ignore' })
  await untilListens(securePort, server)
  return {
    port,
    securePort,
    certificate,
    change: async (work) => {
      const client = new Client({ url: `ldaps://127.0.0.1:${securePort}`, tlsOptions: { ca: certificate.cert } })
      try {
        await client.bind(administrator.name, administrator.password)
        await work(client)
      } finally {
        await client.unbind()
      }
    },
    stop: async () => {
      const ended = new Promise((resolve) => server.once('close', resolve))
      if (server.exitCode === null) {
        server.kill('SIGTERM')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configure(folder: string, schema: string): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include ${schema}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile ${folder}/server.crt
TLSCertificateKeyFile ${folder}/server.key
sizelimit size.soft=5 size.hard=5 size.prtotal=unlimited
database mdb
suffix "${suffix}"
rootdn "${administrator.name}"
rootpw ${administrator.password}
directory ${folder}/data
dbnosync
maxsize 268435456
index objectClass,entryUUID,modifyTimestamp eq
access to attrs=userPassword by * auth
access to * by dn.exact="${reader.name}" read by * auth
overlay ppolicy
ppolicy_default "cn=passwords,ou=services,${suffix}"
ppolicy_use_lockout
`
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

function succeed(child: ChildProcess, what: string): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}: ${said}`))))
  })
}

async function untilListens(port: number, server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await listens(port));) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('slapd does not listen')
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
