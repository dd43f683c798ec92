// Waiting for a condition, not for a time.
import { setTimeout as pause } from 'node:timers/promises';

export async function until(what, withinMs, reached) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (await reached()) return;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(25);
  }
}
