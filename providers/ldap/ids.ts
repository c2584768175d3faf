// Ids as directories have them: objectGUID is 16 bytes of which the first three numbers are turned round, entryUUID is text (RFC 4530).

/** 16 bytes as Active Directory keeps them → `04030201-0605-0807-090a-0b0c0d0e0f10`. Undefined where they are not 16. */
export function readGuid(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined
  const hex = turnRound(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The bytes of a GUID, as Active Directory keeps them. */
export function writeGuid(guid: string): Buffer {
  return turnRound(Buffer.from(guid.replaceAll('-', ''), 'hex'))
}

function turnRound(bytes: Buffer): Buffer {
  const turned = Buffer.from(bytes)
  turned.subarray(0, 4).reverse()
  turned.subarray(4, 6).reverse()
  turned.subarray(6, 8).reverse()
  return turned
}

/** A security identifier as text, `S-1-5-21-…-513`; undefined where it is none. */
export function readSid(bytes: Buffer): string | undefined {
  const [revision = 0, count = 0] = bytes
  if (bytes.length < 8 || bytes.length !== 8 + 4 * count) return undefined
  const parts = Array.from({ length: count }, (_part, index) => bytes.readUInt32LE(8 + 4 * index))
  return ['S', revision, bytes.readUIntBE(2, 6), ...parts].join('-')
}
