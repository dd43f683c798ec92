// For tests: what one catalogue says and the other does not.
import type { Catalogue, Text } from '../i18n.ts';

/** One line for each text that is missing, empty, or has other placeholders in one of two languages. */
export function differences(left: Catalogue, right: Catalogue): string[] {
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return keys.flatMap((key) => {
    const [a, b] = [left[key], right[key]];
    if (a === undefined) return [`${key}: only on the right`];
    if (b === undefined) return [`${key}: only on the left`];
    if (typeof a !== typeof b) return [`${key}: one has plural forms`];
    if ([...formsOf(a), ...formsOf(b)].some((form) => form.trim() === '')) return [`${key}: empty`];
    return placeholders(a) === placeholders(b) ? [] : [`${key}: placeholders differ`];
  });
}

function formsOf(text: Text): string[] {
  return typeof text === 'string' ? [text] : Object.values(text);
}

function placeholders(text: Text): string {
  const found = formsOf(text).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
  return [...new Set(found)].sort().join();
}
