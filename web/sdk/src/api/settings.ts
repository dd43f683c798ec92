import type { components } from '../schema.d.ts';
import type { Language, Priority, RequestKind } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

/** What holds for the whole organisation; a span of null switches off what it is for. */
export interface OrganizationSettings {
  id: string;
  name: string;
  slug: string;
  widget_key: string;
  allowed_origins: string[];
  language: Language;
  /** An IANA name. */
  time_zone: string;
  ticket_prefix: string;
  auto_assign: boolean;
  escalation_hours: number | null;
  auto_close_days: number | null;
  archive_days: number | null;
  retention_years: number | null;
  surveys: boolean;
}

export type OrganizationChange = Partial<Omit<OrganizationSettings, 'id' | 'slug' | 'widget_key'>>;

/** A word that requests are sorted by. */
export type RequestCategory = components['schemas']['ShownCategory'];

export interface RoutingRule {
  id: string;
  name: string;
  position: number;
  enabled: boolean;
  /** A request fits when each list that is not empty holds its own value. */
  conditions: { category: string[]; kind: RequestKind[]; priority: Priority[]; language: Language[] };
  then: { skill: string | null; agent_id: string | null; priority: Priority | null };
}

export type ServicePolicy = components['schemas']['SlaPolicyOf'];
export type BusinessHours = components['schemas']['Hours'];

/** Who did what to what, from where. */
export interface AuditEntry {
  id: string;
  /** Null for the operator of the server, or somebody who was not known. */
  actor: { id: string; name: string | null } | null;
  action: string;
  target: { type: string; id: string; name: string | null } | null;
  address: string | null;
  details: Readonly<Record<string, unknown>>;
  created_at: string;
}

export interface AuditQuery {
  actor?: string;
  action?: string;
  target?: string;
  from?: string;
  to?: string;
  page?: number;
  limit?: number;
}

export interface AuditPage {
  items: AuditEntry[];
  page: number;
  limit: number;
  total: number;
}

/** What the organisation has set for itself; staff read most of it, admins change it. */
export class SettingsApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  organization(): Promise<OrganizationSettings> {
    return this.#client.get('/organization');
  }

  changeOrganization(change: OrganizationChange): Promise<OrganizationSettings> {
    return this.#client.call('PATCH', '/organization', { body: change, idempotent: true });
  }

  async categories(): Promise<RequestCategory[]> {
    return (await this.#client.get<{ items: RequestCategory[] }>('/categories')).items;
  }

  addCategory(category: Omit<RequestCategory, 'position' | 'active'> & Partial<RequestCategory>, key: string = uuid()): Promise<RequestCategory> {
    return this.#client.post('/categories', category, once(key));
  }

  changeCategory(id: string, change: Partial<Omit<RequestCategory, 'id'>>): Promise<RequestCategory> {
    return this.#client.call('PATCH', `/categories/${encodeURIComponent(id)}`, { body: change, idempotent: true });
  }

  removeCategory(id: string): Promise<void> {
    return this.#client.call('DELETE', `/categories/${encodeURIComponent(id)}`, { idempotent: true });
  }

  async policies(): Promise<ServicePolicy[]> {
    return (await this.#client.get<{ items: ServicePolicy[] }>('/sla-policies')).items;
  }

  async setPolicies(items: readonly ServicePolicy[]): Promise<ServicePolicy[]> {
    return (await this.#client.call<{ items: ServicePolicy[] }>('PUT', '/sla-policies', { body: { items }, idempotent: true })).items;
  }

  hours(): Promise<BusinessHours> {
    return this.#client.get('/business-hours');
  }

  setHours(hours: BusinessHours): Promise<BusinessHours> {
    return this.#client.call('PUT', '/business-hours', { body: hours, idempotent: true });
  }

  async routingRules(): Promise<RoutingRule[]> {
    return (await this.#client.get<{ items: RoutingRule[] }>('/routing-rules')).items;
  }

  addRoutingRule(rule: Partial<Omit<RoutingRule, 'id'>>, key: string = uuid()): Promise<RoutingRule> {
    return this.#client.post('/routing-rules', rule, once(key));
  }

  changeRoutingRule(id: string, change: Partial<Omit<RoutingRule, 'id'>>): Promise<RoutingRule> {
    return this.#client.call('PATCH', `/routing-rules/${id}`, { body: change, idempotent: true });
  }

  removeRoutingRule(id: string): Promise<void> {
    return this.#client.call('DELETE', `/routing-rules/${id}`, { idempotent: true });
  }

  /** Newest first. */
  audit(query: AuditQuery = {}): Promise<AuditPage> {
    return this.#client.get('/audit-log', { query: { ...query } });
  }
}
