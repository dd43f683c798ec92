// Who else has the request open, said where the answer is written: two must not answer at once.
import { useEffect, useMemo } from 'preact/hooks';
import { Viewing, type ConversationStore, type SupportRequest, type Viewer } from '@guichet/sdk';
import { Avatar } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { useText, type ConsoleSpeech } from '../texts.ts';

/** Tells the others that the request is open here, and that it is being answered while something is written. */
export function useViewing(request: SupportRequest, conversation: ConversationStore): Viewing {
  const { me, realtime } = useDesk();
  const viewing = useMemo(() => new Viewing(request.id, me.id, realtime), [request.id, me.id, realtime]);
  const writes = request.status !== 'closed' && conversation.draft.value.trim() !== '';
  useEffect(() => viewing.reply(writes), [viewing, writes]);
  useEffect(() => () => viewing.dispose(), [viewing]);
  return viewing;
}

export function Viewers({ viewers }: { readonly viewers: readonly Viewer[] }) {
  const { t } = useText();
  // Always there, so that a screen reader hears what comes to stand in it.
  return (
    <div class="viewers" role="status">
      {viewers.length > 0 && (
        <>
          <span class="faces">
            {viewers.slice(0, 3).map(({ id, name }) => (
              <Avatar key={id} id={id} name={name} size="small" />
            ))}
          </span>
          <span>{wording(viewers, t)}</span>
        </>
      )}
    </div>
  );
}

/** Who writes comes first, because that is what matters; three or more are counted. */
export function wording(viewers: readonly Viewer[], t: ConsoleSpeech['t']): string {
  const writing = viewers.filter(({ state }) => state === 'replying');
  const looking = viewers.filter(({ state }) => state === 'viewing');
  return [said(writing, 'replying', t), said(looking, 'viewing', t)].filter((part) => part !== '').join(' ');
}

function said(people: readonly Viewer[], state: Viewer['state'], t: ConsoleSpeech['t']): string {
  const [first, second] = people;
  if (first === undefined) return '';
  if (second === undefined) return t(`viewers.${state}_one`, { name: first.name });
  if (people.length === 2) return t(`viewers.${state}_two`, { first: first.name, second: second.name });
  return t(`viewers.${state}_many`, { name: first.name, count: people.length - 1 });
}
