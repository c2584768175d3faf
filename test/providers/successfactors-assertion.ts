// What SAP SuccessFactors' token endpoint looks at (RFC 7522 and SAP's guide to its OData API).
import type { KeyObject } from 'node:crypto'
import { findChild, findSignatureFault, listElements, parseXml, readContent, type XmlElement } from './xml-signature.ts'

export type Credentials = {
  apiServer: string
  companyId: string
  apiKey: string
  userId: string
}

/** What is wrong with a request for a token, in SAP's words where they are known; undefined where it is good. */
export function findTokenFault(
  form: URLSearchParams,
  { apiServer, companyId, apiKey, userId }: Credentials,
  { clientKey, now }: { readonly clientKey: KeyObject | undefined; now(): Date },
): string | undefined {
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:saml2-bearer')
    return 'The grant type is not supported'
  if (form.get('company_id') !== companyId) return `Company [${form.get('company_id')}] not found`
  if (form.get('client_id') !== apiKey) return `Invalid client ${form.get('client_id')}`
  let assertion: XmlElement
  try {
    assertion = parseXml(Buffer.from(form.get('assertion') ?? '', 'base64').toString('utf8'))
  } catch {
    return 'The assertion is not well-formed'
  }
  const order = listElements(assertion).map(({ name }) => name.split(':')[1])
  if (order.join(' ') !== 'Issuer Signature Subject Conditions AuthnStatement AttributeStatement') {
    return 'The assertion is not valid against the schema'
  }
  const fault = clientKey === undefined ? 'there is no key' : findSignatureFault(assertion, clientKey)
  if (fault !== undefined) {
    return `Unable to verify the signature of the SAML assertion. Please ensure that the assertion has a signature and the key pairs match the client ID (${fault})`
  }
  const conditions = findChild(assertion, 'Conditions')
  const subject = findChild(assertion, 'Subject')
  const confirmation = findChild(findChild(subject, 'SubjectConfirmation'), 'SubjectConfirmationData')
  const moment = now().toISOString()
  const { NotBefore: notBefore = '', NotOnOrAfter: notOnOrAfter = '' } = conditions?.attributes ?? {}
  const { NotOnOrAfter: confirmedUntil = '', Recipient: recipient } = confirmation?.attributes ?? {}
  if (moment < notBefore || moment >= notOnOrAfter || moment >= confirmedUntil) return 'The assertion has expired'
  const audience = readContent(findChild(findChild(conditions, 'AudienceRestriction'), 'Audience'))
  if (audience !== 'www.successfactors.com') return 'The audience of the assertion is another one'
  if (recipient !== `https://${apiServer}/oauth/token`) return 'The recipient of the assertion is another one'
  const attribute = findChild(findChild(assertion, 'AttributeStatement'), 'Attribute')
  if (attribute?.attributes['Name'] !== 'api_key' || readContent(findChild(attribute, 'AttributeValue')) !== apiKey) {
    return 'The assertion is for another client'
  }
  if (readContent(findChild(subject, 'NameID')) !== userId) {
    return 'Unable to authenticate the client (Login failed - invalid user)'
  }
}
