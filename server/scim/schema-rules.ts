// What a schema from a file must keep to beyond its form (schemas/schema-file.json).
import { isReservedName } from '../directory/custom-attributes.ts'
import type { AttributeDefinition } from './schema.ts'

/** What is wrong with the first attribute that cannot be kept to, beginning with its name; undefined where all can. */
export function findProblem(
  attributes: readonly AttributeDefinition[],
  parent?: AttributeDefinition,
): string | undefined {
  const names = new Set<string>()
  for (const attribute of attributes) {
    const name = parent === undefined ? attribute.name : `${parent.name}.${attribute.name}`
    if (names.has(attribute.name.toLowerCase())) return `${name} is declared twice`
    names.add(attribute.name.toLowerCase())
    const problem = describeProblem(attribute, parent)
    if (problem !== undefined) return `${name} ${problem}`
    const inner = findProblem(attribute.subAttributes ?? [], attribute)
    if (inner !== undefined) return inner
  }
  return undefined
}

function describeProblem(attribute: AttributeDefinition, parent?: AttributeDefinition): string | undefined {
  const { name, type, multiValued = false, subAttributes, mutability, returned, required, uniqueness } = attribute
  if (isReservedName(name)) return 'cannot be the name of an attribute; choose another'
  if (type === 'complex' && parent !== undefined)
    return 'is complex within a complex attribute, which RFC 7643 section 2.3.8 forbids; make it an attribute of its own'
  if (type === 'complex' && subAttributes === undefined) return 'is complex and needs subAttributes'
  if (type !== 'complex' && subAttributes !== undefined) return 'has subAttributes, so that its type must be complex'
  if (name === 'primary' && parent !== undefined && type !== 'boolean')
    return 'must be boolean, for it says which value is the main one (RFC 7643 section 2.4)'
  if (mutability === 'writeOnly' && returned !== 'never') return 'is writeOnly, so that returned must be never'
  if (returned === 'never' && (parent !== undefined || required === true))
    return 'is a secret, which Rollcall does not keep: it can be neither required nor a sub-attribute'
  if (uniqueness === 'global')
    return 'has uniqueness global, which would tell an organization what another one has; use server'
  const isKey = parent === undefined && !multiValued && !['complex', 'boolean', 'dateTime'].includes(type)
  if (uniqueness === 'server' && !isKey)
    return 'has uniqueness server, which only an attribute with one value that is a text or a number can have'
  return undefined
}
