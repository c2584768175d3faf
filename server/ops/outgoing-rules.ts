// Where requests may go that others ask for: public addresses over TLS, and beside them what the operator allows.
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

export interface OutgoingRules {
  /** Whether a host name is one that the operator allows, wherever it leads. */
  isAllowedHost(hostname: string): boolean
  /** Whether a text that is an IP address is one that the operator allows. */
  isAllowedAddress(address: string): boolean
  /** Whether a text that is an IP address is one that everybody may reach. */
  isPublicAddress(address: string): boolean
  /** Whether there are addresses that the operator allows. */
  readonly hasNetworks: boolean
}

// What `private` stands for. Link-local addresses are not part of it, for machines in a cloud find their credentials there.
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '::1/128',
  'fc00::/7',
].map((network): Network => ipaddr.parseCIDR(network))

// Where clouds answer the machine that asks, outside of the link-local networks: AWS, Alibaba, Azure.
const metadataAddresses = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16'])

const globalUnicast: Network = ipaddr.parseCIDR('2000::/3')
const translated: Network = ipaddr.parseCIDR('64:ff9b::/96')

const hostPattern = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/** Throws config_invalid where `allow` is not a list of hosts (`hooks.internal`, `*.internal`), networks and `private`. */
export function readOutgoingRules(allow: string | undefined): OutgoingRules {
  const hosts = new Set<string>()
  const suffixes: string[] = []
  const networks: Network[] = []
  let allowsPrivate = false
  for (const entry of (allow ?? '').split(',').map((text) => text.trim().toLowerCase())) {
    const network = readNetwork(entry)
    if (entry === '') continue
    else if (entry === 'private') allowsPrivate = true
    else if (network !== undefined) networks.push(network)
    else if (!hostPattern.test(entry) || /(^|\.)\d+$/.test(entry)) throw refuse(entry)
    else if (entry.startsWith('*.')) suffixes.push(entry.slice(1))
    else hosts.add(entry)
  }
  return {
    isAllowedHost: (hostname) => {
      const name = hostname.replace(/\.$/, '')
      return hosts.has(name) || suffixes.some((suffix) => name.endsWith(suffix))
    },
    isAllowedAddress: (text) => {
      const address = parse(text)
      if (networks.some((network) => isWithin(address, network))) return true
      return allowsPrivate && !isMetadata(address) && privateNetworks.some((network) => isWithin(address, network))
    },
    isPublicAddress: (text) => isPublic(parse(text)),
    hasNetworks: allowsPrivate || networks.length > 0,
  }
}

function readNetwork(entry: string): Network | undefined {
  const text = entry.replace(/^\[(.*)\]/, '$1')
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) {
    const address = parse(text)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  }
  const isNetwork = ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)
  return isNetwork ? ipaddr.parseCIDR(text) : undefined
}

// The address that a packet goes to in the end: IPv4 within IPv6 (RFC 4291 section 2.5.5.2, RFC 6052) is IPv4.
function parse(text: string): Address {
  const address = ipaddr.process(text)
  if (!isWithin(address, translated)) return address
  return ipaddr.fromByteArray(address.toByteArray().slice(12))
}

function isWithin(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

// Outside of 2000::/3 there are forms of old that lead to IPv4, such as ::127.0.0.1, and nothing that is public.
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || isMetadata(address)) return false
  return address.kind() === 'ipv4' || isWithin(address, globalUnicast)
}

function isMetadata(address: Address): boolean {
  return metadataAddresses.has(address.toString())
}

function refuse(entry: string): AppError {
  const detail = `OUTGOING_ALLOW: ${entry} is no host, network or 'private'; write hosts without a port, such as hooks.internal or *.internal, and networks such as 10.0.0.0/8.`
  return new AppError('config_invalid', detail)
}
