// How the states of a request look.
import type { RequestStatus } from '@guichet/sdk';
import type { Tone } from '@guichet/ui';

export const statusTone: Readonly<Record<RequestStatus, Tone | undefined>> = {
  open: undefined,
  assigned: 'accent',
  in_progress: 'accent',
  waiting_customer: 'warning',
  resolved: 'success',
  closed: undefined,
};
