export const tags = {
  employees: {
    name: 'Employees',
    description: `The people of the organization, as its directories say them. The HR API sees all of them, whatever directory
      brought them; ids are those of SCIM. What is not known is \`null\`, and times are whole seconds since 1970.`,
  },
  organization: {
    name: 'Org chart',
    description: `Who reports to whom. People who have left (\`terminated\`, \`retired\`) are passed over: who reported to them counts
      as reporting to the nearest manager who has not. With \`include_inactive\` they are people like any other.`,
  },
  groups: { name: 'Groups', description: 'The groups that directories brought, and who is in them in the end.' },
  sync: { name: 'Synchronization', description: 'Runs that pull people and groups from a source.' },
}
