// People: initials on a tint of their own.

export interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: 'small' | 'medium';
  readonly presence?: 'online' | 'away' | 'offline' | undefined;
}

/** Decoration beside a name that is written out; hidden from screen readers. */
export function Avatar({ id, name, size, presence }: AvatarProps) {
  return (
    <span
      class={`avatar${size ? ` ${size}` : ''}`}
      aria-hidden="true"
      data-presence={presence}
      style={{ '--hue': String(hueOf(id)) }}
    >
      {initials(name)}
    </span>
  );
}

/** Two letters at most: of the first word, and of the next one that begins with a capital. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s'’-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  if (first === undefined) return '?';
  const next = words.slice(1).find((word) => /^[\p{Lu}\p{Lo}]/u.test(word)) ?? words[1];
  return [first, next].map((word) => (word === undefined ? '' : ([...word][0] ?? ''))).join('').toLocaleUpperCase();
}

/** The same person has the same tint on every page: a hash of the id, in degrees. */
export function hueOf(id: string): number {
  let hash = 2166136261;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 16777619);
  }
  // Steps of 10 degrees, so that two tints are either equal or can be told apart.
  return ((hash >>> 0) % 36) * 10;
}
