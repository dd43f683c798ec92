// What is written in the form outlives a reload of the tab, and no more.
const KEY = 'guichet.contact';

export function readDraft(): Readonly<Partial<Record<string, string>>> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    // Forbidden, or overwritten by something else: the form begins empty.
    return {};
  }
}

export function keepDraft(values: FormData): void {
  const texts = [...values].filter(([, value]) => typeof value === 'string' && value !== '');
  try {
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(texts)));
  } catch {
    // Forbidden or full: the page itself still has it.
  }
}

export function clearDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Forbidden: then nothing was kept.
  }
}
