// Putting a request aside until later: the usual times, or one's own.
import { useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Button, Icon, icons } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { Dialog } from '../shell/dialog.tsx';
import { TextField } from '../shell/form.tsx';
import { ask } from '../shell/asked.ts';
import { MenuItem } from '../shell/menu.tsx';
import { useText } from '../texts.ts';

export type SnoozeChoice = 'in_an_hour' | 'this_afternoon' | 'tomorrow' | 'next_week';

/** The usual times that still lie ahead, by the reader's clock. Mornings begin at nine, afternoons at two. */
export function snoozeChoices(now: Date): { readonly choice: SnoozeChoice; readonly until: Date }[] {
  const at = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const inAnHour = new Date(Math.ceil((now.getTime() + 60 * 60_000) / 300_000) * 300_000);
  // Monday is a week's first day; on a Monday it is the next one.
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { choice: 'in_an_hour' as const, until: inAnHour },
    { choice: 'this_afternoon' as const, until: at(0, 14) },
    { choice: 'tomorrow' as const, until: at(1, 9) },
    { choice: 'next_week' as const, until: at(toMonday, 9) },
  ].filter(({ choice, until }, index, all) => {
    if (choice === 'this_afternoon') return until > inAnHour;
    // On a Sunday tomorrow is next week.
    return choice !== 'next_week' || until.getTime() !== all[index - 1]?.until.getTime();
  });
}

/** The times as items of a menu; `onUntil` is told the one that was chosen. */
export function SnoozeItems({ onUntil, onOther }: { readonly onUntil: (until: string) => void; readonly onOther?: () => void }) {
  const { t, time } = useText();
  const format = time.format({ weekday: 'short', hour: 'numeric', minute: '2-digit' });
  return (
    <>
      {snoozeChoices(new Date()).map(({ choice, until }) => (
        <MenuItem key={choice} icon={<Icon path={icons.clock} />} onChoose={() => onUntil(until.toISOString())}>
          <span class="menu-count">
            {t(`snooze.${choice}`)} <span class="number">{format.format(until)}</span>
          </span>
        </MenuItem>
      ))}
      {onOther !== undefined && (
        <MenuItem icon={<Icon path={icons.calendar} />} onChoose={onOther}>
          {t('snooze.other')}
        </MenuItem>
      )}
    </>
  );
}

/** The whole menu of one request. */
export function SnoozeMenuItems({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const commands = useCommands();
  return (
    <>
      {request.snoozed_until && (
        <>
          <MenuItem icon={<Icon path={icons.sun} />} onChoose={() => void commands.snooze(request, null)}>
            {t('snooze.wake')}
          </MenuItem>
          <hr />
        </>
      )}
      <SnoozeItems onUntil={(until) => void commands.snooze(request, until)} onOther={() => ask({ what: 'snooze', request })} />
    </>
  );
}

export function SnoozeDialog({ request, onClose }: { readonly request: SupportRequest; readonly onClose: () => void }) {
  const { t } = useText();
  const commands = useCommands();
  const [value, setValue] = useState(() => localInput(snoozeChoices(new Date()).at(-1)?.until ?? new Date()));
  const until = new Date(value);
  const isPast = Number.isNaN(until.getTime()) || until.getTime() <= Date.now();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy || isPast) return;
    setBusy(true);
    const done = await commands.snooze(request, until.toISOString());
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog title={t('snooze.title')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{t('snooze.what_follows')}</p>
        <TextField label={t('snooze.until')} type="datetime-local" value={value} onValue={setValue} required autofocus error={isPast ? t('snooze.past') : undefined} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={busy}>
            {t('action.snooze')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** As a field for date and time takes it, by the reader's clock. */
export function localInput(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
