/** Who acts, in which organization, through which directory, and when. Every function of this folder takes one. */
export interface Actor {
  readonly organizationId: string
  /** What is written is this directory's word, and externalId is the one that it gave. */
  readonly directoryId: string
  /** An identity provider sees the groups of its own directory; an application those of the whole organization. */
  readonly view: 'directory' | 'organization'
  /** A created user whose userName was deleted before comes back under the old id. */
  readonly restoresUsers: boolean
  readonly tokenId: string | null
  readonly requestId: string | null
  readonly at: Date
}
