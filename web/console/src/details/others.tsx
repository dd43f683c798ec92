// The other requests of the same person: how many, and behind it which.
import { useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Badge, Icon, icons } from '@guichet/ui';
import { useOthers } from '../dialogs/merge.tsx';
import { isUnresolved } from '../conversation/actions.ts';
import { go, hrefOf, route } from '../route.ts';
import { useText } from '../texts.ts';
import { statusTone } from './status.ts';

/** So many are shown here; the rest is a list of its own. */
const most = 6;

export function Others({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const { others, total, failed } = useOthers(request);
  const [open, setOpen] = useState(false);
  if (failed) return <p class="meta inline-error">{t('others.failed')}</p>;
  // Its room is kept while it is asked for, so that nothing below jumps.
  if (others === null) return <p class="others" aria-hidden="true" />;
  if (others.length === 0) return <p class="others meta">{t('others.none')}</p>;
  const unresolved = others.filter(isUnresolved).length;
  const refine = new URLSearchParams({ requester: request.requester.id }).toString();
  return (
    <>
      <button type="button" class="others" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t('others.count', { count: total })} {unresolved > 0 && <span class="meta">{t('others.open', { count: unresolved })}</span>}
        <Icon path={open ? icons.down : icons.right} size="small" />
      </button>
      {open && (
        <ul class="others-list" role="list">
          {others.slice(0, most).map((one) => (
            <li key={one.id}>
              <a
                href={hrefOf({ view: route.value.view, number: one.number })}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  go({ ...route.value, number: one.number, details: false });
                }}
              >
                <span class="truncate">{one.subject}</span>
                <Badge tone={statusTone[one.status]}>{t(`status.${one.status}`)}</Badge>
              </a>
            </li>
          ))}
          {total > most && (
            <li>
              <button type="button" class="link" onClick={() => go({ view: 'open', number: null, details: false, refine })}>
                {t('others.all', { count: total })}
              </button>
            </li>
          )}
        </ul>
      )}
    </>
  );
}
