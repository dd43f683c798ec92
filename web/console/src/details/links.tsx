// What a request follows, or went into.
import { useEffect } from 'preact/hooks';
import { ApiError, type SupportRequest } from '@guichet/sdk';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route } from '../route.ts';
import { useText } from '../texts.ts';

export function Links({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  if (request.follow_up_of === null && request.merged_into === null) return null;
  return (
    <dl class="properties">
      {request.follow_up_of !== null && (
        <>
          <dt>{t('links.follow_up_of')}</dt>
          <dd>
            <RequestLink id={request.follow_up_of} />
          </dd>
        </>
      )}
      {request.merged_into !== null && (
        <>
          <dt>{t('links.merged_into')}</dt>
          <dd>
            <RequestLink id={request.merged_into} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** A request by its number, once it is known. */
export function RequestLink({ id }: { readonly id: string }) {
  const { inbox, requests } = useDesk();
  const other = inbox.request(id);
  const missing = other === undefined;
  useEffect(() => {
    if (!missing) return;
    requests.get(id).then(
      (one) => inbox.learn([one]),
      (error: unknown) => {
        // Not the reader's to see: it stays without a link.
        if (!(error instanceof ApiError)) throw error;
      },
    );
  }, [id, missing]);
  if (other === undefined) return <span class="plain">…</span>;
  return (
    <a
      class="plain number"
      href={hrefOf({ view: route.value.view, number: other.number })}
      title={other.subject}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go({ ...route.value, number: other.number, details: false });
      }}
    >
      {other.number}
    </a>
  );
}
