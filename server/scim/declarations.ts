// Declares the resource types to scimmy, whose routers serve them at the discovery endpoints, and hands out the same
// definitions as the plain JSON of RFC 7643 section 7, which schema.ts compiles. Nothing else of scimmy is used on a request.
import SCIMMY from 'scimmy'
import { rollcallGroup } from '../../schemas/rollcall-group.ts'
import { rollcallUser } from '../../schemas/rollcall-user.ts'
import type { AttributeDefinition, ExtensionDefinition, ResourceTypeDefinition, SchemaDefinition } from './schema.ts'

type ScimmyDefinition = InstanceType<typeof SCIMMY.Types.SchemaDefinition>

/** The built-in resource types. scimmy keeps declarations for the whole process, so declaring twice must be harmless. */
export function declareResourceTypes(): ResourceTypeDefinition[] {
  const { User, Group } = SCIMMY.Resources
  const { EnterpriseUser } = SCIMMY.Schemas
  if (!SCIMMY.Resources.declared(User)) {
    SCIMMY.Resources.declare(User)
    SCIMMY.Resources.declare(Group)
    SCIMMY.Schemas.User.definition.extend(EnterpriseUser.definition, false).extend(rollcallUser, false)
    SCIMMY.Schemas.Group.definition.extend(rollcallGroup, false)
  }
  return [
    {
      name: 'User',
      endpoint: '/Users',
      description: 'User Account',
      schema: describe(SCIMMY.Schemas.User.definition),
      extensions: [EnterpriseUser.definition, rollcallUser].map(optional),
    },
    {
      name: 'Group',
      endpoint: '/Groups',
      description: 'Group',
      schema: describe(SCIMMY.Schemas.Group.definition),
      extensions: [optional(rollcallGroup)],
    },
  ]
}

function optional(definition: ScimmyDefinition): ExtensionDefinition {
  return { schema: describe(definition), required: false }
}

/** A schema as scimmy describes it, with what the verified errata of RFC 7643 and its text correct in the printed one. */
export function describe(definition: ScimmyDefinition): SchemaDefinition {
  const described = JSON.parse(JSON.stringify(definition.describe())) as SchemaDefinition
  return { ...described, attributes: described.attributes.map(correctAttribute) }
}

// Empty canonicalValues would say that no value is allowed; references and binaries are case-exact by RFC 7643 sections
// 2.3.6 and 2.3.7; every characteristic is written out (RFC 7643 section 7).
function correctAttribute(attribute: AttributeDefinition): AttributeDefinition {
  const { canonicalValues, subAttributes, ...rest } = attribute
  return {
    ...rest,
    caseExact: rest.type === 'reference' || rest.type === 'binary' ? true : (rest.caseExact ?? false),
    uniqueness: rest.uniqueness ?? 'none',
    ...(canonicalValues === undefined || canonicalValues.length === 0 ? {} : { canonicalValues }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(correctAttribute) }),
  }
}
