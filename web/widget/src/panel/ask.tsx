import { useRef, useState } from 'preact/hooks';
import { ApiError, MAX_CONTENT } from '@guichet/sdk';
import { Button, Icon } from '@guichet/ui';
import { alert } from '@guichet/ui/icons.tsx';
import { useLive } from '../live.ts';
import { useTexts, type WidgetKey } from '../texts.ts';
import type { Parts } from '../widget.tsx';
import { Header } from './header.tsx';
import { useAnswerTime } from './team.tsx';

/** A new question. It asks only for what is not known yet, and keeps what is written until it is sent. */
export function Ask({ visitor, shell, events }: Parts) {
  const { t } = useTexts();
  const answerTime = useAnswerTime(visitor);
  const known = useLive(visitor.memory.person);
  const [changing, setChanging] = useState(!known.email);
  const [name, setName] = useState(known.name ?? '');
  const [email, setEmail] = useState(known.email ?? '');
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const content = useLive(visitor.question.text);

  const contentProblem = problemOfContent(content);
  const emailProblem = problemOfEmail(email);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (sending) return;
    setTried(true);
    setFailure(null);
    if (contentProblem || emailProblem) {
      if (emailProblem) setChanging(true);
      // After the marks are drawn, the first field that needs care has the focus.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    setSending(true);
    try {
      const record = await visitor.ask(content, { name: name.trim(), email: email.trim() }, t('ask.visitor'));
      events.emit('conversation', { number: record.number });
      shell.show({ name: 'conversation', id: record.id });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(wordsOf(error));
      setSending(false);
    }
  };

  const wordsOf = (error: ApiError): string => {
    if (error.isNetwork || error.status >= 500) return t('ask.failed_network');
    if (error.status === 429) return t('ask.failed_busy');
    return t('ask.failed', { reason: error.errors[0]?.message ?? error.message });
  };

  return (
    <>
      <Header shell={shell} title={t('ask.title')} detail={answerTime} />
      <form class="before" ref={form} noValidate onSubmit={submit}>
        <div class="field">
          <label for="question">{t('ask.content')}</label>
          <textarea
            id="question"
            class={`input${tried && contentProblem ? ' invalid' : ''}`}
            rows={5}
            data-focus
            required
            value={content}
            onInput={(event) => visitor.write(event.currentTarget.value)}
            aria-invalid={tried && contentProblem !== null}
            aria-describedby={tried && contentProblem ? 'question-error' : undefined}
          />
          {tried && contentProblem && <FieldError id="question-error">{t(contentProblem.key, { count: contentProblem.count })}</FieldError>}
        </div>
        {changing ? (
          <>
            <div class="field">
              <label for="email">{t('ask.email')}</label>
              <div class={`input${tried && emailProblem ? ' invalid' : ''}`}>
                <input
                  id="email"
                  type="email"
                  autocomplete="email"
                  required
                  value={email}
                  onInput={(event) => setEmail(event.currentTarget.value)}
                  aria-invalid={tried && emailProblem !== null}
                  aria-describedby={tried && emailProblem ? 'email-error' : undefined}
                />
              </div>
              {tried && emailProblem && <FieldError id="email-error">{t(emailProblem)}</FieldError>}
            </div>
            <div class="field">
              <label for="name">
                {t('ask.name')} <span class="meta">{t('ask.optional')}</span>
              </label>
              <div class="input">
                <input id="name" autocomplete="name" maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} />
              </div>
            </div>
          </>
        ) : (
          <p class="meta known">
            <span class="truncate">{t('ask.as', { email })}</span>
            <button type="button" onClick={() => setChanging(true)}>
              {t('ask.change')}
            </button>
          </p>
        )}
        <div class="last">
          {failure !== null && (
            <p class="failure" role="alert">
              <Icon path={alert} size="small" /> {failure}
            </p>
          )}
          <Button look="primary" large type="submit" aria-disabled={sending}>
            {t(sending ? 'ask.sending' : 'ask.send')}
          </Button>
        </div>
      </form>
    </>
  );
}

function FieldError({ id, children }: { readonly id: string; readonly children: string }) {
  return (
    <p class="error" id={id}>
      <Icon path={alert} size="small" /> {children}
    </p>
  );
}

function problemOfContent(content: string): { key: WidgetKey; count: number } | null {
  if (content.trim() === '') return { key: 'ask.content_missing', count: 0 };
  const excess = [...content].length - MAX_CONTENT;
  return excess > 0 ? { key: 'ask.content_long', count: excess } : null;
}

/** Only what is certainly unfinished; whether an address exists, only a mail can tell. */
export function problemOfEmail(email: string): WidgetKey | null {
  const address = email.trim();
  if (address === '') return 'ask.email_missing';
  const at = address.lastIndexOf('@');
  if (at < 1) return 'ask.email_at';
  return /^[^\s.][^\s]*\.[^\s.]{2,}$/.test(address.slice(at + 1)) ? null : 'ask.email_end';
}
