// What a trigger can do, as the management API takes and answers it.
const template = (description: string, maxLength: number, example: string) =>
  ({ type: 'string', maxLength, description: `${description} A template.`, examples: [example] }) as const

/** Which of them there are is for the kind to say. */
export const actionMembers = {
  kind: {
    enum: ['email', 'slack', 'webhook'],
    description:
      '`email` has `to`, `subject`, `text` and perhaps `html`; `slack` has `url` and `text`; `webhook` has `url`.',
  },
  to: template('Addresses, separated by commas.', 2000, '{{ user.email }}'),
  subject: template('The subject.', 2000, 'Welcome, {{ user.displayName }}'),
  text: template('Plain text, or what Slack is sent.', 50_000, 'Welcome to {{ user.enterprise.department }}!'),
  html: template('The text as HTML; variables are escaped.', 50_000, '<p>Welcome!</p>'),
  url: {
    type: 'string',
    minLength: 1,
    maxLength: 2000,
    description: "Slack's incoming webhook, or where the webhook goes.",
    examples: ['https://hooks.slack.com/services/T000/B000/XXX'],
  },
} as const

const nothing = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, false]))

// What a kind must have, and what only others have.
const rules = {
  email: { required: ['to', 'subject', 'text'], properties: nothing('url') },
  slack: { required: ['text'], properties: nothing('to', 'subject', 'html') },
  webhook: { properties: nothing('to', 'subject', 'text', 'html') },
} as const

const isKind = (kind: keyof typeof rules) => ({ properties: { kind: { const: kind } }, required: ['kind'] })

export const actionBody = {
  title: 'TriggerActionBody',
  description: 'What a trigger is to do.',
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  properties: actionMembers,
  if: isKind('email'),
  then: rules.email,
  else: { if: isKind('slack'), then: rules.slack, else: rules.webhook },
  examples: [
    {
      kind: 'email',
      to: '{{ user.email }}',
      subject: 'Welcome, {{ user.displayName }}',
      text: 'Welcome to {{ user.enterprise.department }}!',
    },
  ],
} as const
