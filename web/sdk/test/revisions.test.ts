import { beforeEach, expect, test } from 'vitest';
import { EDITABLE_MS, Revisions } from '../src/conversation/revisions.ts';
import { FakeClock } from './support/clock.ts';
import { Device, Page } from './support/page.ts';
import { FakeServer } from './support/server.ts';

let clock: FakeClock;
let server: FakeServer;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
});

/** A page with one own message that is stored. */
async function opened(fail: () => 'no' | 'before' | 'after' = () => 'no'): Promise<{ page: Page; revisions: Revisions; id: string; shown: () => unknown }> {
  const page = new Page(server, new Device(), () => 0.5, server.fetch(fail));
  await clock.advance(100);
  page.store.send('Mon numéro est 4521');
  await clock.advance(100);
  const revisions = new Revisions(page.store, page.api);
  const shown = () => {
    const [first] = revisions.messages.value;
    return first && [first.content, first.edited, first.deleted];
  };
  return { page, revisions, id: page.store.messages.value[0]!.id!, shown };
}

test('an edit shows at once and stays when the log tells it', async () => {
  const { page, revisions, id, shown } = await opened();
  const done = revisions.edit(id, 'Mon numéro est 4522');
  expect(shown()).toEqual(['Mon numéro est 4522', true, false]);
  expect(page.contents).toEqual(['Mon numéro est 4521']);
  await clock.advance(100);
  expect(await done).toBe(true);
  expect(page.contents).toEqual(['Mon numéro est 4522']);
  expect(shown()).toEqual(['Mon numéro est 4522', true, false]);
});

test('a deletion shows at once and leaves nothing to edit', async () => {
  const { page, revisions, id, shown } = await opened();
  const done = revisions.remove(id);
  expect(shown()).toEqual(['', false, true]);
  await clock.advance(100);
  await done;
  expect(page.store.messages.value).toMatchObject([{ content: '', deleted: true }]);
  expect(Revisions.isEditable(page.store.messages.value[0]!, clock.now())).toBe(false);
});

test('what is refused is shown as it was, and says why', async () => {
  const { page, revisions, id, shown } = await opened();
  // Deleted elsewhere, and this page has not heard of it.
  server.losePush = () => true;
  server.remove(id);
  const refused = expect(revisions.edit(id, 'trop tard')).rejects.toMatchObject({ code: 'chat.message_deleted' });
  expect(shown()).toEqual(['trop tard', true, false]);
  await clock.advance(100);
  await refused;
  expect(shown()).toEqual(['Mon numéro est 4521', false, false]);
  expect(page.contents).toEqual(['Mon numéro est 4521']);
});

test('a lost answer is asked for again and revises once', async () => {
  let lost = 1;
  const { revisions, id, shown } = await opened(() => (lost-- > 0 ? 'after' : 'no'));
  const done = revisions.edit(id, 'une fois');
  await clock.advance(5_000);
  expect(await done).toBe(true);
  expect(server.entries.filter((entry) => entry.kind === 'message_edited')).toHaveLength(1);
  expect(shown()).toEqual(['une fois', true, false]);
});

test('the word of the log counts once it has moved on', async () => {
  const { revisions, id, shown } = await opened();
  void revisions.edit(id, 'le mien');
  await clock.advance(100);
  server.edit(id, 'celui d’un autre');
  await clock.advance(100);
  expect(shown()).toEqual(['celui d’un autre', true, false]);
});

test('nothing is asked for a text that cannot be one or that stands already', async () => {
  const { revisions, id } = await opened();
  expect(await revisions.edit(id, '  ')).toBe(false);
  expect(await revisions.edit(id, 'Mon numéro est 4521')).toBe(true);
  expect(server.entries).toHaveLength(1);
});

test('a message is editable for a day', async () => {
  const { page } = await opened();
  const message = page.store.messages.value[0]!;
  const sent = Date.parse(message.created_at);
  expect(Revisions.isEditable(message, sent + EDITABLE_MS - 1)).toBe(true);
  expect(Revisions.isEditable(message, sent + EDITABLE_MS)).toBe(false);
});
