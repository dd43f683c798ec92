// Whose page this is.
import { signal } from '@preact/signals';
import { ApiClient, ApiError, PublicApi, type Availability } from '@guichet/sdk';
import { locale } from './preferences.ts';

/** The one the address names; else the server knows it by the host name, or has only one. */
export const organization = new URLSearchParams(location.search).get('organization') ?? undefined;

/** Calls in nobody's name. */
export const nobody = new ApiClient({ language: () => locale.value });

/** Null until it is known, and where it cannot be told. */
export const availability = signal<Availability | null>(null);

void new PublicApi(nobody, organization).availability().then(
  (answer) => (availability.value = answer),
  (error: unknown) => {
    // The pages do without a name.
    if (!(error instanceof ApiError)) throw error;
  },
);

/** Another page of the same organisation. */
export function pageOf(path: string): string {
  return organization === undefined ? path : `${path}?${new URLSearchParams({ organization }).toString()}`;
}
