// @vitest-environment happy-dom
// Notes as they come from lists, answers and frames; who they call upon; where they stand.
import { describe, expect, test } from 'vitest';
import { ApiError, type Note, type NotesApi, type RealtimeClient, type ThreadMessage } from '@guichet/sdk';
import { threadItems } from '../src/conversation/items.ts';
import { mentionsIn } from '../src/conversation/note.tsx';
import { mergeNotes, Notes } from '../src/conversation/notes-store.ts';
import { iso } from './support-requests.ts';

function aNote(over: Partial<Note> & { readonly id: string }): Note {
  return { support_request_id: 'r', author: { id: 'n', name: 'Nadia' }, content: 'Bonjour', mentions: [], created_at: iso(1), edited_at: null, deleted_at: null, ...over };
}

describe('mergeNotes', () => {
  const first = aNote({ id: 'a' });
  const edited = aNote({ id: 'a', content: 'Bonsoir', edited_at: iso(5) });
  const deleted = aNote({ id: 'a', content: null, edited_at: iso(5), deleted_at: iso(6) });
  test('the_last_state_stays_whatever_the_order', () => {
    for (const order of [[first, edited, deleted], [deleted, first, edited], [edited, deleted, first]]) {
      expect(order.reduce<readonly Note[]>((known, note) => mergeNotes(known, [note]), [])).toEqual([deleted]);
    }
    expect(mergeNotes([edited], [first])).toEqual([edited]);
  });

  test('notes_stand_by_time', () => {
    const late = aNote({ id: 'b', created_at: iso(9) });
    expect(mergeNotes([late], [first]).map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('the notes of a request', () => {
  function setup(list: () => Promise<Note[]>) {
    const listeners = new Map<string, (frame: never) => void>();
    const realtime = { on: (type: string, listener: (frame: never) => void) => (listeners.set(type, listener), () => undefined) } as unknown as RealtimeClient;
    const api = { list, write: async () => aNote({ id: 'own', created_at: iso(3) }), remove: async () => undefined } as unknown as NotesApi;
    return { notes: new Notes('r', api, realtime), tell: (frame: object) => listeners.get((frame as { type: string }).type)?.(frame as never) };
  }

  test('a_frame_of_another_request_is_not_theirs_and_one_of_their_own_is_taken_live', async () => {
    const { notes, tell } = setup(async () => []);
    await notes.load();
    tell({ type: 'note', support_request_id: 'other', note: aNote({ id: 'x' }) });
    expect(notes.items.value).toEqual([]);
    tell({ type: 'note', support_request_id: 'r', note: aNote({ id: 'y' }) });
    expect(notes.items.value.map(({ id }) => id)).toEqual(['y']);
  });

  test('an_own_note_that_comes_as_answer_and_as_frame_is_there_once', async () => {
    const { notes, tell } = setup(async () => []);
    await notes.write({ content: 'Bonjour' }, 'key');
    tell({ type: 'note', support_request_id: 'r', note: aNote({ id: 'own', created_at: iso(3) }) });
    expect(notes.items.value).toHaveLength(1);
  });

  test('what_was_removed_leaves_its_place_without_words', async () => {
    const { notes } = setup(async () => [aNote({ id: 'a' })]);
    await notes.load();
    await notes.remove(notes.items.value[0]!);
    expect(notes.items.value[0]).toMatchObject({ content: null, mentions: [] });
    expect(notes.items.value[0]?.deleted_at).not.toBeNull();
  });

  test('a_failed_reading_says_so_but_keeps_what_was_there', async () => {
    let down = false;
    const { notes } = setup(async () => {
      if (down) throw ApiError.noAnswer();
      return [aNote({ id: 'a' })];
    });
    await notes.load();
    down = true;
    await notes.load();
    expect([notes.phase.value, notes.items.value.length]).toEqual(['ready', 1]);
  });
});

describe('mentions', () => {
  const people = [{ id: '1', name: 'Anne' }, { id: '2', name: 'Anne Morel' }, { id: '3', name: 'Thomas Girard' }];
  test('a_longer_name_is_not_taken_for_the_shorter_one_that_it_begins_with', () => {
    expect(mentionsIn('@Anne Morel, peux-tu voir ?', people)).toEqual(['2']);
    expect(mentionsIn('@Anne Morel et @Anne', people).sort()).toEqual(['1', '2']);
  });
  test('a_name_without_its_sign_calls_nobody', () => {
    expect(mentionsIn('Thomas Girard a dit non', people)).toEqual([]);
  });
});

describe('a note in the thread', () => {
  const message = (key: string, minute: number, state = 'sent') =>
    ({ key, id: state === 'pending' ? null : key, seq: minute, sender: { id: 'x', name: 'X', type: 'customer' }, type: 'text', content: key, attachments: [], created_at: iso(minute), state, edited: false, deleted: false, mine: state === 'pending', error: null }) as unknown as ThreadMessage;
  const surroundings = { hasOlder: false, online: true, wordFailure: () => undefined };
  test('stands_between_the_messages_by_its_time_and_before_what_is_still_on_its_way', () => {
    const notes = [aNote({ id: 'between', created_at: iso(2) }), aNote({ id: 'last', created_at: iso(9) })];
    const items = threadItems([message('one', 1), message('two', 3), message('leaving', 4, 'pending')], [], { ...surroundings, notes });
    expect(items.map(({ key }) => key)).toEqual(['one', 'between', 'two', 'last', 'leaving']);
  });
  test('from_before_what_is_loaded_waits_until_that_is', () => {
    const items = threadItems([message('one', 5)], [], { ...surroundings, hasOlder: true, notes: [aNote({ id: 'old', created_at: iso(2) })] });
    expect(items.map(({ key }) => key)).toEqual(['one']);
  });
});
