// The request of the address: found in the inbox or fetched, then its conversation and its details.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, type SupportRequest } from '@guichet/sdk';
import { Button, Empty, icons, Skeleton, useLate } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { Details } from '../details/details.tsx';
import { useTimeline } from '../details/timeline-store.ts';
import { detailsBeside } from '../preferences.ts';
import { back, go, route } from '../route.ts';
import { useText } from '../texts.ts';
import { Conversation } from './conversation.tsx';
import { ThreadSkeleton } from './skeleton.tsx';

export interface OpenRequestProps {
  readonly number: string;
  /** Whether the screen has room for details beside the conversation. */
  readonly wide: boolean;
  /** Whether the reader has just come here, so that the focus follows. */
  readonly takeFocus: boolean;
}

export function OpenRequest({ number, wide, takeFocus }: OpenRequestProps) {
  const { inbox } = useDesk();
  const request = inbox.byNumber(number);
  const missing = request === undefined;
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    setProblem(null);
    if (!missing) return undefined;
    let current = true;
    inbox.fetch(number).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      if (current) setProblem(error);
    });
    return () => {
      current = false;
    };
  }, [number, missing, attempt]);

  if (request !== undefined) return <Opened key={request.id} request={request} wide={wide} takeFocus={takeFocus} />;
  return <Unopened problem={problem} onAgain={() => setAttempt(attempt + 1)} />;
}

function Unopened({ problem, onAgain }: { readonly problem: ApiError | null; readonly onAgain: () => void }) {
  const { t } = useText();
  const late = useLate(problem === null);
  const toList = () => go({ view: route.value.view, number: null, details: false }, 'replace');
  return (
    <section class="conversation" aria-label={t('conversation.title')} aria-busy={problem === null}>
      {problem === null && (
        <>
          <header class="top" aria-hidden="true">
            <div class="titles">
              {late && (
                <>
                  <Skeleton width="45%" />
                  <Skeleton width="30%" />
                </>
              )}
            </div>
          </header>
          <ThreadSkeleton shown={late} />
        </>
      )}
      {problem?.status === 404 && (
        <Empty icon={icons.inbox} title={t('conversation.unknown')} action={<Button onClick={toList}>{t('conversation.to_list')}</Button>}>
          {t('conversation.unknown_why')}
        </Empty>
      )}
      {problem !== null && problem.status !== 404 && (
        <Empty
          icon={icons.offline}
          title={t('conversation.failed')}
          action={
            <Button icon={icons.retry} onClick={onAgain}>
              {t('action.try_again')}
            </Button>
          }
        >
          {problem.isNetwork ? t('failure.no_answer') : problem.message}
        </Empty>
      )}
    </section>
  );
}

interface OpenedProps {
  readonly request: SupportRequest;
  readonly wide: boolean;
  readonly takeFocus: boolean;
}

function Opened({ request, wide, takeFocus }: OpenedProps) {
  const desk = useDesk();
  const conversation = useMemo(() => desk.conversation(request.conversation_id), [desk, request.conversation_id]);
  const timeline = useTimeline(request.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const over = !wide && route.value.details;
  const shown = wide ? detailsBeside.value === 'shown' : over;
  const wasOver = useRef(false);

  useEffect(() => {
    if (takeFocus) heading.current?.focus({ preventScroll: true });
  }, []);

  useEffect(() => {
    // Over the conversation, details take the focus, and give it back.
    if (over) document.querySelector<HTMLElement>('.details .close-details')?.focus();
    else if (wasOver.current) document.querySelector<HTMLElement>('.top [aria-pressed]')?.focus();
    wasOver.current = over;
  }, [over]);

  const toggle = () => {
    if (wide) detailsBeside.value = shown ? 'hidden' : 'shown';
    else if (over) back();
    else go({ ...route.value, details: true });
  };

  return (
    <>
      <Conversation
        request={request}
        conversation={conversation}
        timeline={timeline}
        field={field}
        heading={heading}
        detailsShown={shown}
        onDetails={toggle}
        onBack={back}
      />
      {shown && <Details request={request} conversation={conversation} timeline={timeline} onClose={wide ? undefined : back} />}
    </>
  );
}
