// Canned replies made for one request: what stands in double braces becomes what it names. Pure.
import type { SupportRequest } from '@guichet/sdk';

export interface PlaceholderValues {
  readonly request: SupportRequest;
  readonly agent: string;
  /** Empty while it is not known. */
  readonly organization: string;
}

export const placeholders = ['customer.name', 'customer.first_name', 'agent.name', 'request.number', 'request.subject', 'organization.name'] as const;

/** What is not known leaves nothing behind, not even the space before it; what is not a placeholder stays. */
export function fillPlaceholders(content: string, { request, agent, organization }: PlaceholderValues): string {
  const { name } = request.requester;
  const values: Readonly<Record<(typeof placeholders)[number], string>> = {
    'customer.name': name,
    'customer.first_name': name.trim().split(/\s+/)[0] ?? '',
    'agent.name': agent,
    'request.number': request.number,
    'request.subject': request.subject,
    'organization.name': organization,
  };
  return content.replace(/( ?)\{\{\s*([\w.]+)\s*\}\}/g, (whole, space: string, named: string) => {
    const known = placeholders.find((one) => one === named);
    if (known === undefined) return whole;
    return values[known] === '' ? '' : space + values[known];
  });
}
