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

test('a revision that was undone elsewhere does not come back, and can be made again', async () => {
  const { revisions, id, shown } = await opened();
  void revisions.edit(id, 'b');
  await clock.advance(100);
  server.edit(id, 'Mon numéro est 4521');
  await clock.advance(100);
  expect(shown()).toEqual(['Mon numéro est 4521', true, false]);
  const again = revisions.edit(id, 'b');
  await clock.advance(100);
  expect(await again).toBe(true);
  expect(server.messages.get(id)!.content).toBe('b');
  expect(shown()).toEqual(['b', true, false]);
});

test('a revision that is taken back before the log has told it is taken back', async () => {
  const { page, revisions, id, shown } = await opened();
  const edit = revisions.edit(id, 'b');
  const back = revisions.edit(id, 'Mon numéro est 4521');
  const seen = new Set<unknown>();
  const stop = revisions.messages.subscribe((messages) => seen.add(messages[0]!.content));
  await clock.advance(100);
  stop();
  expect(await Promise.all([edit, back])).toEqual([true, true]);
  expect(server.messages.get(id)!.content).toBe('Mon numéro est 4521');
  // What stood in between is told by the log, and is not shown.
  expect([...seen]).toEqual(['Mon numéro est 4521']);
  expect(page.contents).toEqual(['Mon numéro est 4521']);
  expect(shown()).toEqual(['Mon numéro est 4521', true, false]);
});

test('a revision made on one that the log has not told yet shows without the one before', async () => {
  const { page, revisions, id } = await opened();
  // Frames are slow, answers are not.
  server.delay = () => 500;
  expect(await revisions.edit(id, 'b')).toBe(true);
  expect(await revisions.edit(id, 'c')).toBe(true);
  expect(page.contents).toEqual(['Mon numéro est 4521']);
  const seen = new Set<unknown>();
  const stop = revisions.messages.subscribe((messages) => seen.add(messages[0]!.content));
  await clock.advance(1_000);
  stop();
  expect([...seen]).toEqual(['c']);
  expect(page.contents).toEqual(['c']);
});

test('an earlier revision whose call was lost is not made after a later one', async () => {
  let lost = 1;
  const { revisions, id, shown } = await opened(() => (lost-- > 0 ? 'before' : 'no'));
  const edits = Promise.all([revisions.edit(id, 'b'), revisions.edit(id, 'c')]);
  expect(shown()).toEqual(['c', true, false]);
  await clock.advance(5_000);
  expect(await edits).toEqual([true, true]);
  expect(server.messages.get(id)!.content).toBe('c');
  expect(shown()).toEqual(['c', true, false]);
});

test('a revision that is refused leaves the one before it', async () => {
  let calls = 0;
  const { page, revisions, id, shown } = await opened(() => (++calls > 1 ? 'before' : 'no'));
  // The log is late.
  server.losePush = () => true;
  const edit = revisions.edit(id, 'b');
  const lost = expect(revisions.edit(id, 'c')).rejects.toMatchObject({ code: 'network' });
  const lostToo = expect(revisions.edit(id, 'd')).rejects.toMatchObject({ code: 'network' });
  await clock.advance(10_000);
  expect(await edit).toBe(true);
  await Promise.all([lost, lostToo]);
  expect(page.contents).toEqual(['Mon numéro est 4521']);
  expect(shown()).toEqual(['b', true, false]);
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
