// What the queries give, as the HR API shows it.
import type { Match } from '../directory/lookup/lookup.ts'
import type { ChainLink } from '../directory/org/chain.ts'
import type { ChartNode } from '../directory/org/chart.ts'
import type { Department } from '../directory/org/departments.ts'
import type { DirectoryGroup, GroupMember } from '../directory/org/directory-groups.ts'
import type { Employee, EmployeeDetail, EmployeeSummary } from '../directory/org/employee.ts'
import type { TimeOff } from '../directory/org/time-off.ts'
import type { SyncRun } from '../sync/runs/syncs.ts'

type View = Readonly<Record<string, unknown>>

export const toSeconds = (time: Date): number => Math.floor(time.getTime() / 1000)

function showPerson(one: Employee): View {
  return {
    ...showIdentity(one),
    first_name: one.givenName,
    last_name: one.familyName,
    job_title: one.title,
    department: one.department,
    division: one.division,
    cost_center: one.costCenter,
    manager_id: one.managerId,
  }
}

function showPlacement(one: Employee, organizationId: string): View {
  return {
    location: one.location,
    phone: one.phone,
    status: one.status,
    employment_type: one.employmentType,
    start_date: one.startDate,
    source: one.source,
    external_id: one.externalId,
    groups: one.groups,
    user_id: one.platformUserId,
    synced_at: toSeconds(one.syncedAt),
    created_at: toSeconds(one.createdAt),
    updated_at: toSeconds(one.modifiedAt),
    org_id: organizationId,
  }
}

function showIdentity({ id, employeeNumber, email, displayName }: EmployeeSummary): View {
  return { id, employee_id: employeeNumber, email, display_name: displayName }
}

export function showEmployee(one: Employee, organizationId: string): View {
  return { ...showPerson(one), ...showPlacement(one, organizationId) }
}

export function showEmployeeDetail(one: EmployeeDetail, organizationId: string): View {
  const { manager } = one
  const shown =
    manager === undefined
      ? null
      : { id: manager.id, display_name: manager.displayName, email: manager.email, job_title: manager.title }
  return { ...showPerson(one), manager: shown, ...showPlacement(one, organizationId) }
}

export function showSummary(one: EmployeeSummary): View {
  return { ...showIdentity(one), job_title: one.title, department: one.department, status: one.status }
}

export function showTimeOff(employeeId: string, { leaveBalances, absences }: TimeOff): View {
  return {
    employee_id: employeeId,
    leave_balances: leaveBalances.map(({ type, value, unit, asOf, source }) => {
      return { type, value, unit, as_of: asOf, source }
    }),
    absences: absences.map(({ id, type, startDate, endDate, status, source }) => {
      return { id, type, start_date: startDate, end_date: endDate, status, source }
    }),
  }
}

export function showMatch(one: EmployeeSummary, { score, field }: Match): View {
  return {
    ...showIdentity(one),
    job_title: one.title,
    department: one.department,
    location: one.location,
    status: one.status,
    match_score: score,
    match_field: field,
  }
}

export function showLink({ level, id, displayName, email, title, department }: ChainLink): View {
  return { level, id, display_name: displayName, email, job_title: title, department }
}

export function showNode({ id, displayName, email, title, department, directReportCount }: ChartNode): View {
  return { id, display_name: displayName, email, job_title: title, department, direct_report_count: directReportCount }
}

export function showDepartment(one: Department): View {
  const { head } = one
  return {
    name: one.name,
    division: one.division,
    headcount: one.headcount,
    active: one.active,
    on_leave: one.onLeave,
    contractors: one.contractors,
    cost_center: one.costCenter,
    head: head === undefined ? null : { id: head.id, display_name: head.displayName, job_title: head.title },
  }
}

export function showGroup(one: DirectoryGroup): View {
  return {
    id: one.id,
    name: one.name,
    display_name: one.name,
    description: one.description,
    source: one.source,
    external_id: one.externalId,
    is_security_group: one.isSecurityGroup ?? false,
    member_count: one.memberCount,
    synced_at: toSeconds(one.syncedAt),
    created_at: toSeconds(one.createdAt),
  }
}

export function showMember(one: GroupMember): View {
  const via = one.viaGroup === null ? {} : { via_group: one.viaGroup }
  return { ...showSummary(one), membership_type: one.membership, ...via }
}

export function showQueued(run: SyncRun): View {
  return {
    sync_id: run.id,
    source: run.source,
    sync_type: run.type,
    status: run.status,
    include_groups: run.includeGroups,
    queued_at: toSeconds(run.queuedAt),
    estimated_duration_ms: run.estimatedDurationMs,
  }
}

export function showRun({ startedAt, completedAt, stats, ...run }: SyncRun): View {
  return {
    sync_id: run.id,
    source: run.source,
    sync_type: run.type,
    status: run.status,
    started_at: startedAt === null ? null : toSeconds(startedAt),
    completed_at: completedAt === null ? null : toSeconds(completedAt),
    duration_ms: startedAt === null || completedAt === null ? null : completedAt.getTime() - startedAt.getTime(),
    stats: {
      users_created: stats.usersCreated,
      users_updated: stats.usersUpdated,
      users_disabled: stats.usersDisabled,
      users_deleted: stats.usersDeleted,
      users_skipped: stats.usersSkipped,
      users_errors: stats.usersErrors,
      groups_created: stats.groupsCreated,
      groups_updated: stats.groupsUpdated,
      groups_deleted: stats.groupsDeleted,
      groups_skipped: stats.groupsSkipped,
      groups_errors: stats.groupsErrors,
      memberships_added: stats.membershipsAdded,
      memberships_removed: stats.membershipsRemoved,
      total_processed: stats.totalProcessed,
    },
    errors: run.errors.map(({ code, message, recordId }) => ({ code, message, record_id: recordId })),
    next_sync_token: run.nextSyncToken,
  }
}
