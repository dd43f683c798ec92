// Requests by what is typed: those the page knows at once, then what the server finds.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type SupportRequest, type SupportRequestFilter } from '@guichet/sdk';
import { useDesk } from '../desk.ts';
import { matches } from './entries.ts';

const most = 8;
/** The server is asked once typing pauses this long. */
const pause = 250;

/** Whether the server searches words; not offered again once it has said that it does not. */
const searchesWords = signal(true);

export interface Found {
  readonly requests: readonly SupportRequest[];
  readonly searching: boolean;
  readonly failed: boolean;
}

export function useSearch(typed: string): Found {
  const { inbox, requests } = useDesk();
  const [ids, setIds] = useState<{ readonly typed: string; readonly ids: readonly string[]; readonly failed: boolean } | null>(null);
  const words = typed.trim();
  const enough = words.length >= 3;

  useEffect(() => {
    if (!enough) return undefined;
    let current = true;
    const found = async (): Promise<readonly SupportRequest[]> => {
      const filter = questionFor(words);
      if (filter.q !== undefined && !searchesWords.peek()) return [];
      try {
        return (await requests.list({ ...filter, limit: most })).items;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 422 || filter.q === undefined) throw error;
        searchesWords.value = false;
        return [];
      }
    };
    const byNumber = /\d{3}/.test(words) ? requests.byNumber(words.toUpperCase()).then((one) => [one], missing) : Promise.resolve([]);
    const timer = setTimeout(() => {
      Promise.all([byNumber, found()]).then(
        (lists) => {
          if (!current) return;
          const all = lists.flat();
          inbox.learn(all);
          setIds({ typed: words, ids: all.map(({ id }) => id), failed: false });
        },
        (error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          if (current) setIds({ typed: words, ids: [], failed: true });
        },
      );
    }, pause);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words, enough]);

  if (words === '') return { requests: [], searching: false, failed: false };
  const known = inbox.known(({ number, subject, requester, tags }) => matches(words, number, subject, requester.name, requester.email, tags.join(' ')), most);
  const answered = ids !== null && ids.typed === words;
  const fetched = answered ? ids.ids.flatMap((id) => inbox.request(id) ?? []) : [];
  return { requests: [...new Set([...known, ...fetched])].slice(0, most), searching: enough && !answered, failed: answered && ids.failed };
}

/** An address names its owner; anything else is searched for. */
function questionFor(words: string): SupportRequestFilter {
  return /^\S+@\S+\.\S+$/.test(words) ? { requester: words } : { q: words };
}

function missing(error: unknown): SupportRequest[] {
  if (!(error instanceof ApiError) || error.isTemporary) throw error;
  return [];
}
