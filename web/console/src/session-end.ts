// Whether the last session ended because the reader said so; any other end deserves a word.
import { signal } from '@preact/signals';

export const leftByChoice = signal(false);
