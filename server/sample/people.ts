import type { Blueprint } from './blueprint.ts'
import { drawEmployment, type Employment } from './employment.ts'
import { NameBook, type PersonName } from './namebook.ts'
import type { Office, PhoneRange } from './offices.ts'
import { createRandom, pickOne, streams, type Random } from './random.ts'
import { walkPositions, type Position } from './structure.ts'
import { drawTitle } from './titles.ts'

export interface CompanyProfile {
  readonly name: string
  readonly domain: string
  readonly now: Date
}

export interface SamplePerson {
  /** Position in people(), from 0; references between people use it. */
  readonly index: number
  readonly managerIndex: number | undefined
  /** SCIM User resource without id, meta, groups and manager. */
  readonly resource: Record<string, unknown>
}

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const employeeSchema = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'

const personalMailDomains = ['mail.example', 'post.example', 'inbox.example', 'letterbox.example'] as const

export function* listPeople(company: CompanyProfile, blueprint: Blueprint): Generator<SamplePerson, void, undefined> {
  const random = createRandom(blueprint.seed, streams.people)
  const names = new NameBook(random)
  const today = Math.floor(company.now.getTime() / 86_400_000)
  for (const position of walkPositions(blueprint)) {
    const name = names.draw(position.office.cultures)
    const employment = drawEmployment(position, today, random)
    const resource = describePerson(company, position, name, employment, random)
    yield { index: position.index, managerIndex: position.managerIndex, resource }
  }
}

function describePerson(
  company: CompanyProfile,
  position: Position,
  name: PersonName,
  employment: Employment,
  random: Random,
): Record<string, unknown> {
  const { office, department, division, team } = position
  const workMail = `${name.handle}@${company.domain}`
  // The handle is unique, so the private address that is made of it is unique as well.
  const personalMail = random() < 0.6 ? `${name.handle}@${pickOne(random, personalMailDomains)}` : undefined
  return {
    schemas: [userSchema, enterpriseSchema, employeeSchema],
    userName: workMail,
    name: describeName(name, random),
    displayName: `${name.given} ${name.family}`,
    title: drawTitle(position, random),
    userType: employment.type === 'contractor' ? 'Contractor' : employment.type === 'intern' ? 'Intern' : 'Employee',
    preferredLanguage: office.settings.locale,
    locale: office.settings.locale,
    timezone: office.settings.timezone,
    active: employment.active,
    emails: listMails(workMail, personalMail),
    phoneNumbers: listPhones(office, random),
    addresses: [describeAddress(office)],
    [enterpriseSchema]: {
      employeeNumber: `E${String(position.index + 1).padStart(7, '0')}`,
      costCenter: department.costCenter,
      organization: company.name,
      division: division?.name ?? 'Executive',
      department: department.name,
    },
    [employeeSchema]: {
      employmentStatus: employment.status,
      employmentType: employment.type,
      startDate: employment.startDate,
      ...(employment.endDate !== undefined && { endDate: employment.endDate }),
      location: office.name,
      ...(team !== undefined && { team }),
      ...(personalMail !== undefined && { personalEmail: personalMail }),
    },
  }
}

function describeName({ given, family }: PersonName, random: Random): Record<string, string> {
  if (random() < 0.02) {
    return { formatted: `Dr. ${given} ${family}`, familyName: family, givenName: given, honorificPrefix: 'Dr.' }
  }
  return { formatted: `${given} ${family}`, familyName: family, givenName: given }
}

function listMails(workMail: string, personalMail: string | undefined): Record<string, unknown>[] {
  const work = { value: workMail, type: 'work', primary: true }
  return personalMail === undefined ? [work] : [work, { value: personalMail, type: 'home' }]
}

function listPhones({ phones }: Office, random: Random): Record<string, unknown>[] {
  const work = { value: drawPhone(phones.landline, random), type: 'work', primary: true }
  return random() < 0.7 ? [work, { value: drawPhone(phones.mobile, random), type: 'mobile' }] : [work]
}

function drawPhone([prefix, digits]: PhoneRange, random: Random): string {
  return prefix + String(Math.floor(random() * 10 ** digits)).padStart(digits, '0')
}

function describeAddress({ address }: Office): Record<string, unknown> {
  const { streetAddress, locality, region, postalCode, country } = address
  const lines = [streetAddress, locality, region === undefined ? postalCode : `${region} ${postalCode}`, country]
  return { type: 'work', primary: true, formatted: lines.join('\n'), ...address }
}
