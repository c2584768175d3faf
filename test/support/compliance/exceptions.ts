// Requirements that no test here proves, and why. A key is an id, or the beginning of ids where one reason serves for all of a
// source or a section that is not proven.

export type ExceptionStatus = 'not offered' | 'does not apply' | 'cannot hold' | 'deployment' | 'review' | 'later'

export type Exceptions = Readonly<Record<string, { readonly status: ExceptionStatus; readonly reason: string }>>

const asSent =
  'Values are given back as they were sent, or identity providers that compare them would send them for ever.'
const noAsync = 'Requests are never answered asynchronously: asyncRequest is none.'
const noRecipient = 'Rollcall sends security event tokens and takes none.'

export const exceptions: Exceptions = {
  '7643-2.4-05': { status: 'cannot hold', reason: `${asSent} Filters compare what is not case-exact in any case.` },
  '7643-4.1-11': { status: 'not offered', reason: 'No password is stored, in whatever form.' },
  '7643-4.1-15': { status: 'cannot hold', reason: asSent },
  '7643-4.1-16': { status: 'cannot hold', reason: asSent },
  '7643-7-15': {
    status: 'cannot hold',
    reason:
      'A conflict would tell one organization what another one has: schemas with uniqueness "global" are refused.',
  },
  '7643-9-04': {
    status: 'deployment',
    reason: 'Reading takes a token with that scope; whoever runs the machine encrypts its disks and backups.',
  },
  '7644-3.5.1-09': {
    status: 'not offered',
    reason: 'The values of write-only attributes are not kept: nothing can be lost by leaving one out.',
  },
  '7644-3.4.3-05': { status: 'does not apply', reason: 'No filter is refused for being sensitive, by GET or by POST.' },
  '7644-3.11-01': { status: 'does not apply', reason: '/Me is offered.' },
  '7644-3.11-02': { status: 'not offered', reason: '/Me answers with the user itself and does not redirect.' },
  '7644-3.12-04': { status: 'not offered', reason: 'Nothing redirects.' },
  '7644-7-01': {
    status: 'deployment',
    reason: 'Rollcall speaks HTTP and listens on loopback unless told otherwise; the proxy in front of it ends TLS.',
  },
  '7644-7-04': {
    status: 'review',
    reason:
      'Scopes, the separation of organizations and logs without bodies are tested; SECURITY.md says what is kept.',
  },
  '7644-7-05': {
    status: 'not offered',
    reason: 'Identity providers look people up by GET with userName or e-mail; logs hold the path without the query.',
  },
  '7644-7-06': { status: 'not offered', reason: 'Nobody registers without signing in.' },
  '9865-2-05': { status: 'not offered', reason: 'Walks go forwards; previousCursor is not given.' },
  '9865-2.3-01': {
    status: 'does not apply',
    reason: 'Paging by index is offered, and is what a query without either gets.',
  },
  '9865-4-02': { status: 'does not apply', reason: 'All values of pagination are published.' },
  '9967-2.5.1.1': { status: 'not offered', reason: noAsync },
  '9967-2.5.1.2': { status: 'not offered', reason: noAsync },
  '9967-2.5.1.3': { status: 'not offered', reason: noAsync },
  '9967-3': { status: 'not offered', reason: noAsync },
  '9967-5-02': { status: 'does not apply', reason: noRecipient },
  '9967-5-04': { status: 'does not apply', reason: noRecipient },
  '9967-5-05': { status: 'not offered', reason: noAsync },
  '8935-2-03': { status: 'does not apply', reason: noRecipient },
  '8935-2-04': { status: 'does not apply', reason: noRecipient },
  '8935-2-05': { status: 'does not apply', reason: noRecipient },
  '8705': { status: 'not offered', reason: 'The proxy ends TLS; what it says of client certificates is not read.' },
  '9700-2-4-01': { status: 'not offered', reason: 'Tokens are bound to no certificate and to no key.' },
  'IOP-interop-01-05': {
    status: 'cannot hold',
    reason: 'The type of roles, entitlements and certificates has no canonical values in RFC 7643, and gets none here.',
  },
  'IOP-interop-01-07': {
    status: 'cannot hold',
    reason: 'A client that takes only application/json is answered so, as RFC 7644 section 3.8 lets a server do.',
  },
  'IOP-interop-01-10': {
    status: 'cannot hold',
    reason: 'It refuses PATCH operations without a path, which RFC 7644 has and Okta and Entra send.',
  },
  'IOP-interop-01-11': {
    status: 'cannot hold',
    reason: 'RFC 7644 section 3.5.2.3 merges where a complex attribute is replaced; so does Rollcall, strictly too.',
  },
  'IOP-interop-01-12': {
    status: 'cannot hold',
    reason: 'RFC 7644 lets a path end with its filter, and changes every value that the filter finds.',
  },
  'IOP-interop-01-16': { status: 'deployment', reason: 'The proxy in front of Rollcall ends TLS; Basic is not taken.' },
  IPSIE: {
    status: 'not offered',
    reason: 'A draft that asks for clients that sign in with JWTs; conformance with it is not claimed.',
  },
  FF: { status: 'not offered', reason: 'It asks for the grant of RFC 7523 and for users without their groups.' },
  RE: { status: 'not offered', reason: 'There are no /Roles and no /Entitlements.' },
  GM: { status: 'not offered', reason: 'Memberships are read and written with the group.' },
}
