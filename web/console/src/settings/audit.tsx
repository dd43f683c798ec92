// Who did what to what, from where: for admins, newest first.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type AuditEntry, type AuditPage as Page } from '@guichet/sdk';
import { Button, Empty, icons, Skeleton, stamp, useLate, useNow } from '@guichet/ui';
import { useAgents } from '../dialogs/action.tsx';
import { useDesk } from '../desk.ts';
import { SelectField, TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';

const pageSize = 50;

export function AuditPage() {
  const { t } = useText();
  const { settings } = useDesk();
  const agents = useAgents();
  const [actor, setActor] = useState('');
  const [action, setAction] = useState('');
  const [from, setFrom] = useState('');
  const [page, setPage] = useState(1);
  const [found, setFound] = useState<Page | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const late = useLate(found === null && problem === null);
  useEffect(() => setPage(1), [actor, action, from]);
  useEffect(() => {
    let current = true;
    const query = {
      ...(actor === '' ? {} : { actor }),
      ...(action.trim() === '' ? {} : { action: action.trim() }),
      ...(from === '' ? {} : { from: new Date(`${from}T00:00`).toISOString() }),
      page,
      limit: pageSize,
    };
    // Asked once typing pauses.
    const timer = setTimeout(() => {
      settings.audit(query).then(
        (answer) => {
          if (!current) return;
          setFound(answer);
          setProblem(null);
        },
        (error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          if (current) setProblem(error);
        },
      );
    }, 200);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [actor, action, from, page, attempt]);
  return (
    <div class="stack">
      <div class="columns">
        <SelectField label={t('audit.actor')} value={actor} onValue={setActor} options={[{ value: '', text: t('filter.any') }, ...agents.map(({ id, name }) => ({ value: id, text: name }))]} />
        <TextField label={t('audit.action')} value={action} onValue={setAction} placeholder="auth.login" />
        <TextField label={t('audit.from')} type="date" value={from} onValue={setFrom} />
      </div>
      {problem !== null && (
        <Empty
          icon={icons.offline}
          title={t('settings.failed')}
          action={
            <Button icon={icons.retry} onClick={() => setAttempt(attempt + 1)}>
              {t('action.try_again')}
            </Button>
          }
        >
          {problem.isNetwork ? t('form.no_answer') : (problem.errors[0]?.message ?? problem.message)}
        </Empty>
      )}
      {problem === null && found === null && <div aria-busy="true">{late && [1, 2, 3, 4].map((row) => <Skeleton key={row} width="100%" height="24px" />)}</div>}
      {problem === null && found !== null && found.items.length === 0 && <p class="meta">{t('audit.none')}</p>}
      {problem === null && found !== null && found.items.length > 0 && (
        <>
          <div class="table-scroll" tabIndex={0} role="group" aria-label={t('settings.audit')}>
            <table class="audit">
              <thead>
                <tr>
                  <th scope="col">{t('audit.when')}</th>
                  <th scope="col">{t('audit.actor')}</th>
                  <th scope="col">{t('audit.action')}</th>
                  <th scope="col">{t('audit.target')}</th>
                  <th scope="col">{t('audit.address')}</th>
                </tr>
              </thead>
              <tbody>
                {found.items.map((entry) => (
                  <AuditRow key={entry.id} entry={entry} />
                ))}
              </tbody>
            </table>
          </div>
          <footer class="pages">
            <span class="meta">{t('audit.range', { from: (found.page - 1) * found.limit + 1, to: (found.page - 1) * found.limit + found.items.length, total: found.total })}</span>
            <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
              {t('audit.newer')}
            </Button>
            <Button disabled={page * pageSize >= found.total} onClick={() => setPage(page + 1)}>
              {t('audit.older')}
            </Button>
          </footer>
        </>
      )}
    </div>
  );
}

function AuditRow({ entry }: { readonly entry: AuditEntry }) {
  const { t, time } = useText();
  const now = useNow();
  const { actor, action, target, address, details, created_at: at } = entry;
  const said = Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return (
    <tr>
      <td>
        <time dateTime={at} title={time.full(at)}>
          {stamp(time, at, now)}
        </time>
      </td>
      <td>{actor === null ? t('audit.nobody') : (actor.name ?? t('audit.erased'))}</td>
      <td>
        <code>{action}</code>
      </td>
      <td>
        {target?.name ?? target?.type ?? ''}
        {said !== '' && <p class="meta">{said}</p>}
      </td>
      <td>{address}</td>
    </tr>
  );
}
