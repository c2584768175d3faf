import type { Culture } from './names.ts'

export interface Office {
  readonly name: string
  readonly address: OfficeAddress
  readonly settings: { readonly timezone: string; readonly locale: string }
  readonly phones: { readonly landline: PhoneRange; readonly mobile: PhoneRange }
  /** Where the names of the people who work there mostly come from; one that is named twice is drawn twice as often. */
  readonly cultures: readonly Culture[]
}

export interface OfficeAddress {
  readonly streetAddress: string
  readonly locality: string
  readonly region?: string
  readonly postalCode?: string
  /** ISO 3166-1 alpha-2 */
  readonly country: string
}

/** What a number begins with, and how many digits are drawn after that. */
export type PhoneRange = readonly [prefix: string, digits: number]

// The addresses and number ranges look right for their countries and belong to nobody in particular.
export const offices: readonly Office[] = [
  {
    name: 'Berlin',
    address: { streetAddress: 'Lindenhof 12', locality: 'Berlin', postalCode: '10115', country: 'DE' },
    settings: { timezone: 'Europe/Berlin', locale: 'de-DE' },
    phones: { landline: ['+49 30 2312 ', 4], mobile: ['+49 176 04', 6] },
    cultures: ['german', 'german', 'german', 'turkish', 'polish'],
  },
  {
    name: 'London',
    address: { streetAddress: '48 Larch Lane', locality: 'London', postalCode: 'E1 6AN', country: 'GB' },
    settings: { timezone: 'Europe/London', locale: 'en-GB' },
    phones: { landline: ['+44 20 7946 ', 4], mobile: ['+44 7700 90', 4] },
    cultures: ['english', 'english', 'english', 'indian', 'nigerian'],
  },
  {
    name: 'Paris',
    address: { streetAddress: '17 rue des Tilleuls', locality: 'Paris', postalCode: '75011', country: 'FR' },
    settings: { timezone: 'Europe/Paris', locale: 'fr-FR' },
    phones: { landline: ['+33 1 99 00 ', 4], mobile: ['+33 6 39 98', 4] },
    cultures: ['french', 'french', 'french', 'arabic'],
  },
  {
    name: 'New York',
    address: {
      streetAddress: '230 Alder Street, Floor 9',
      locality: 'New York',
      region: 'NY',
      postalCode: '10001',
      country: 'US',
    },
    settings: { timezone: 'America/New_York', locale: 'en-US' },
    phones: { landline: ['+1 212 555 ', 4], mobile: ['+1 646 555 ', 4] },
    cultures: ['english', 'english', 'spanish', 'chinese', 'italian'],
  },
  {
    name: 'Madrid',
    address: { streetAddress: 'Calle del Olmo 33', locality: 'Madrid', postalCode: '28012', country: 'ES' },
    settings: { timezone: 'Europe/Madrid', locale: 'es-ES' },
    phones: { landline: ['+34 910 59 ', 4], mobile: ['+34 600 05', 4] },
    cultures: ['spanish'],
  },
  {
    name: 'Warsaw',
    address: { streetAddress: 'ul. Jesionowa 5', locality: 'Warszawa', postalCode: '00-120', country: 'PL' },
    settings: { timezone: 'Europe/Warsaw', locale: 'pl-PL' },
    phones: { landline: ['+48 22 390', 4], mobile: ['+48 510 39', 4] },
    cultures: ['polish', 'polish', 'polish', 'ukrainian'],
  },
  {
    name: 'Bengaluru',
    address: {
      streetAddress: '4th Floor, Banyan Court, Outer Ring Road',
      locality: 'Bengaluru',
      region: 'Karnataka',
      postalCode: '560103',
      country: 'IN',
    },
    settings: { timezone: 'Asia/Kolkata', locale: 'en-IN' },
    phones: { landline: ['+91 80 4567 ', 4], mobile: ['+91 98450 ', 5] },
    cultures: ['indian'],
  },
  {
    name: 'São Paulo',
    address: {
      streetAddress: 'Rua dos Ipês 410',
      locality: 'São Paulo',
      region: 'SP',
      postalCode: '01310-100',
      country: 'BR',
    },
    settings: { timezone: 'America/Sao_Paulo', locale: 'pt-BR' },
    phones: { landline: ['+55 11 3555 ', 4], mobile: ['+55 11 97555-', 4] },
    cultures: ['portuguese', 'portuguese', 'portuguese', 'italian', 'japanese'],
  },
  {
    name: 'Copenhagen',
    address: { streetAddress: 'Bøgegade 21', locality: 'København', postalCode: '1550', country: 'DK' },
    settings: { timezone: 'Europe/Copenhagen', locale: 'da-DK' },
    phones: { landline: ['+45 33 55 ', 4], mobile: ['+45 20 55 ', 4] },
    cultures: ['nordic'],
  },
  {
    name: 'Tokyo',
    address: {
      streetAddress: '3-14-2 Keyaki-dori',
      locality: 'Minato-ku',
      region: 'Tokyo',
      postalCode: '105-0001',
      country: 'JP',
    },
    settings: { timezone: 'Asia/Tokyo', locale: 'ja-JP' },
    phones: { landline: ['+81 3 5555 ', 4], mobile: ['+81 90 5555 ', 4] },
    cultures: ['japanese'],
  },
  {
    name: 'Toronto',
    address: {
      streetAddress: '85 Maple Court',
      locality: 'Toronto',
      region: 'ON',
      postalCode: 'M5V 2T6',
      country: 'CA',
    },
    settings: { timezone: 'America/Toronto', locale: 'en-CA' },
    phones: { landline: ['+1 416 555 ', 4], mobile: ['+1 647 555 ', 4] },
    cultures: ['english', 'chinese', 'indian', 'french'],
  },
  {
    name: 'Prague',
    address: { streetAddress: 'Lipová 9', locality: 'Praha', postalCode: '110 00', country: 'CZ' },
    settings: { timezone: 'Europe/Prague', locale: 'cs-CZ' },
    phones: { landline: ['+420 2 2555', 4], mobile: ['+420 601 55', 4] },
    cultures: ['czech'],
  },
  {
    name: 'Lisbon',
    address: { streetAddress: 'Rua do Carvalho 76', locality: 'Lisboa', postalCode: '1100-123', country: 'PT' },
    settings: { timezone: 'Europe/Lisbon', locale: 'pt-PT' },
    phones: { landline: ['+351 21 355 ', 4], mobile: ['+351 91 555 ', 4] },
    cultures: ['portuguese'],
  },
  {
    name: 'Istanbul',
    address: { streetAddress: 'Çınar Sokak 14', locality: 'Istanbul', postalCode: '34394', country: 'TR' },
    settings: { timezone: 'Europe/Istanbul', locale: 'tr-TR' },
    phones: { landline: ['+90 212 555 ', 4], mobile: ['+90 532 555 ', 4] },
    cultures: ['turkish'],
  },
  {
    name: 'Singapore',
    address: { streetAddress: '12 Tembusu Link #08-01', locality: 'Singapore', postalCode: '068811', country: 'SG' },
    settings: { timezone: 'Asia/Singapore', locale: 'en-SG' },
    phones: { landline: ['+65 6555 ', 4], mobile: ['+65 8555 ', 4] },
    cultures: ['chinese', 'chinese', 'indian', 'vietnamese'],
  },
  {
    name: 'Dublin',
    address: { streetAddress: '2 Rowan Quay', locality: 'Dublin', postalCode: 'D02 XY45', country: 'IE' },
    settings: { timezone: 'Europe/Dublin', locale: 'en-IE' },
    phones: { landline: ['+353 1 555 ', 4], mobile: ['+353 85 555 ', 4] },
    cultures: ['irish', 'irish', 'english'],
  },
  {
    name: 'Sydney',
    address: {
      streetAddress: '60 Wattle Street',
      locality: 'Sydney',
      region: 'NSW',
      postalCode: '2000',
      country: 'AU',
    },
    settings: { timezone: 'Australia/Sydney', locale: 'en-AU' },
    phones: { landline: ['+61 2 5550 ', 4], mobile: ['+61 491 57', 4] },
    cultures: ['english', 'english', 'chinese', 'vietnamese'],
  },
  {
    name: 'Nairobi',
    address: { streetAddress: 'Mugumo Road 18', locality: 'Nairobi', postalCode: '00100', country: 'KE' },
    settings: { timezone: 'Africa/Nairobi', locale: 'en-KE' },
    phones: { landline: ['+254 20 555 ', 4], mobile: ['+254 711 55', 4] },
    cultures: ['kenyan'],
  },
  {
    name: 'Mexico City',
    address: {
      streetAddress: 'Avenida del Fresno 205',
      locality: 'Ciudad de México',
      region: 'CDMX',
      postalCode: '06600',
      country: 'MX',
    },
    settings: { timezone: 'America/Mexico_City', locale: 'es-MX' },
    phones: { landline: ['+52 55 5550 ', 4], mobile: ['+52 55 1555 ', 4] },
    cultures: ['spanish'],
  },
  {
    name: 'Budapest',
    address: { streetAddress: 'Hárs utca 27', locality: 'Budapest', postalCode: '1052', country: 'HU' },
    settings: { timezone: 'Europe/Budapest', locale: 'hu-HU' },
    phones: { landline: ['+36 1 555 ', 4], mobile: ['+36 20 555 ', 4] },
    cultures: ['hungarian'],
  },
]
