export interface Division {
  readonly name: string
  readonly executiveTitle: string
  /** The most common departments first: a smaller company has only the first ones. */
  readonly departments: readonly Department[]
}

export interface Department {
  readonly name: string
  readonly costCenter: string
  /** How large the department is beside the others. */
  readonly weight: number
  readonly roles: readonly string[]
}

type DepartmentRow = readonly [name: string, weight: number, roles: string]

function describeDivision(
  number: number,
  name: string,
  executiveTitle: string,
  rows: readonly DepartmentRow[],
): Division {
  const departments = rows.map(([department, weight, roles], row) => ({
    name: department,
    costCenter: `CC-${1000 + number * 100 + row * 10}`,
    weight,
    roles: roles.split(', '),
  }))
  return { name, executiveTitle, departments }
}

export const executiveOffice: Department = {
  name: 'Executive Office',
  costCenter: 'CC-1000',
  weight: 0,
  roles: ['Executive Assistant'],
}

/** The most common divisions first: a smaller company has only the first ones. */
export const divisions: readonly Division[] = [
  describeDivision(1, 'Technology', 'Chief Technology Officer', [
    ['Software Engineering', 30, 'Software Engineer, Frontend Engineer, Backend Engineer, Mobile Engineer'],
    ['IT Operations', 9, 'Systems Administrator, Network Engineer, Service Desk Analyst, Database Administrator'],
    ['Information Security', 5, 'Security Engineer, Security Analyst, Identity Engineer, Penetration Tester'],
    ['Platform Engineering', 14, 'Site Reliability Engineer, Platform Engineer, Build Engineer, Cloud Engineer'],
    ['Data and Analytics', 9, 'Data Engineer, Data Scientist, Data Analyst, Machine Learning Engineer'],
    ['Quality Engineering', 8, 'Test Engineer, Test Automation Engineer, Release Engineer, Performance Tester'],
    ['Enterprise Applications', 6, 'ERP Specialist, CRM Specialist, Integration Engineer, Business Systems Analyst'],
    ['Architecture', 2, 'Solution Architect, Enterprise Architect, Data Architect'],
  ]),
  describeDivision(2, 'Commercial', 'Chief Commercial Officer', [
    ['Sales', 22, 'Account Executive, Sales Representative, Key Account Manager, Sales Engineer'],
    ['Marketing', 8, 'Marketing Specialist, Content Editor, Campaign Manager, Search Specialist'],
    ['Customer Support', 18, 'Support Agent, Support Engineer, Escalation Specialist, Knowledge Base Editor'],
    ['Customer Success', 9, 'Customer Success Manager, Onboarding Specialist, Renewals Specialist'],
    ['Partner Management', 4, 'Partner Manager, Channel Specialist, Alliance Analyst'],
    ['Sales Operations', 4, 'Sales Operations Analyst, Bid Specialist, Pricing Analyst'],
    ['Brand and Communications', 3, 'Communications Specialist, Brand Designer, Event Planner'],
    ['Market Research', 2, 'Market Researcher, Competitive Analyst, Survey Specialist'],
  ]),
  describeDivision(3, 'Operations', 'Chief Operating Officer', [
    ['Supply Chain', 12, 'Supply Planner, Logistics Coordinator, Demand Analyst, Customs Specialist'],
    ['Facilities', 5, 'Facilities Technician, Receptionist, Workplace Coordinator, Electrician'],
    ['Procurement', 5, 'Buyer, Category Specialist, Vendor Analyst, Contract Specialist'],
    ['Manufacturing', 34, 'Machine Operator, Production Technician, Assembler, Process Engineer, Maintenance Mechanic'],
    ['Warehousing', 18, 'Warehouse Associate, Forklift Operator, Inventory Clerk, Dispatcher'],
    ['Field Service', 15, 'Field Technician, Service Engineer, Installation Specialist, Service Dispatcher'],
    ['Quality Assurance', 8, 'Quality Inspector, Quality Engineer, Calibration Technician'],
    ['Health and Safety', 3, 'Safety Officer, Occupational Nurse, Environmental Specialist'],
  ]),
  describeDivision(4, 'Corporate', 'Chief Financial Officer', [
    ['Finance', 9, 'Accountant, Accounts Payable Clerk, Financial Analyst, Accounts Receivable Clerk'],
    ['People and Culture', 6, 'HR Business Partner, Recruiter, HR Administrator, Learning Specialist'],
    ['Legal', 3, 'Legal Counsel, Paralegal, Contracts Administrator, Privacy Counsel'],
    ['Controlling', 4, 'Controller, Cost Analyst, Planning Analyst'],
    ['Payroll', 3, 'Payroll Specialist, Payroll Clerk, Benefits Administrator'],
    ['Tax and Treasury', 3, 'Tax Specialist, Treasury Analyst, Cash Management Clerk'],
    ['Internal Audit', 2, 'Internal Auditor, IT Auditor, Audit Analyst'],
    ['Risk and Compliance', 4, 'Compliance Officer, Risk Analyst, Export Control Specialist'],
  ]),
  describeDivision(5, 'Product', 'Chief Product Officer', [
    ['Product Management', 9, 'Product Manager, Product Owner, Product Analyst'],
    ['Product Design', 6, 'Product Designer, Interaction Designer, Visual Designer'],
    [
      'Research and Development',
      14,
      'Research Engineer, Research Scientist, Laboratory Technician, Prototype Engineer',
    ],
    ['Technical Writing', 3, 'Technical Writer, Documentation Engineer, Information Architect'],
    ['User Research', 3, 'User Researcher, Usability Analyst, Research Coordinator'],
    ['Product Operations', 3, 'Product Operations Specialist, Launch Coordinator, Release Planner'],
    ['Innovation Lab', 3, 'Innovation Engineer, Patent Specialist, Prototype Designer'],
    ['Localisation', 2, 'Translator, Localisation Engineer, Terminology Specialist'],
  ]),
  describeDivision(6, 'Services', 'Chief Services Officer', [
    ['Professional Services', 16, 'Implementation Consultant, Solutions Engineer, Migration Specialist'],
    ['Consulting', 14, 'Consultant, Business Analyst, Process Consultant'],
    ['Project Management', 6, 'Project Manager, Project Coordinator, Scrum Master'],
    ['Training', 5, 'Trainer, Instructional Designer, Training Coordinator'],
    ['Business Development', 3, 'Business Developer, Deal Analyst, Tender Specialist'],
    ['Corporate Strategy', 2, 'Strategy Analyst, Transformation Specialist'],
    ['Sustainability', 2, 'Sustainability Analyst, Energy Specialist, Reporting Specialist'],
    ['Public Affairs', 1, 'Policy Analyst, Government Relations Specialist'],
  ]),
]
