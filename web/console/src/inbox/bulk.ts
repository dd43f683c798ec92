// One change to all requests that are marked: each by itself, and told as a whole.
import { useMemo } from 'preact/hooks';
import { ApiError, MAX_BULK, type BulkChange, type BulkOutcome } from '@guichet/sdk';
import { refusal } from '../conversation/actions.ts';
import { useDesk, type Desk } from '../desk.ts';
import { toast } from '../shell/toasts.tsx';
import { useText, type ConsoleSpeech } from '../texts.ts';

export class Bulk {
  readonly #desk: Desk;
  readonly #speech: ConsoleSpeech;

  constructor(desk: Desk, speech: ConsoleSpeech) {
    this.#desk = desk;
    this.#speech = speech;
  }

  /** What was done stays marked no more; what was refused does, with the reason of the first one told. */
  async run(ids: readonly string[], change: BulkChange, undo?: BulkChange): Promise<void> {
    const { t } = this.#speech;
    const outcomes: BulkOutcome[] = [];
    try {
      for (let from = 0; from < ids.length; from += MAX_BULK) {
        outcomes.push(...(await this.#desk.requests.bulk(ids.slice(from, from + MAX_BULK), change)));
      }
    } catch (error) {
      toast({ text: refusal(error, this.#speech), tone: 'danger' });
    }
    for (const { support_request } of outcomes) if (support_request) this.#desk.inbox.take(support_request);
    const done = outcomes.filter((one) => one.done).map(({ id }) => id);
    const refused = outcomes.filter((one) => !one.done);
    this.#desk.selection.keep(ids.filter((id) => !done.includes(id)));
    if (done.length > 0) {
      const again = undo === undefined ? {} : { action: { label: t('action.undo'), run: () => void this.run(done, undo) } };
      toast({ text: t('bulk.done', { count: done.length }), ...again });
    }
    if (refused.length > 0) {
      const reason = refused[0]?.problem?.detail ?? '';
      toast({ text: `${t('bulk.refused', { count: refused.length })} ${reason}`.trim(), tone: 'danger' });
      await Promise.all(refused.slice(0, 10).map(({ id }) => this.#desk.inbox.refetch(id).catch(unread)));
    }
  }
}

export function useBulk(): Bulk {
  const desk = useDesk();
  const speech = useText();
  return useMemo(() => new Bulk(desk, speech), [desk, speech]);
}

/** The refusals are told; that one cannot be read now adds nothing. */
function unread(error: unknown): undefined {
  if (!(error instanceof ApiError)) throw error;
  return undefined;
}
