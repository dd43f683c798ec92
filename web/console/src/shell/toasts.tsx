// Brief notices: what was done, or why it was not.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon, IconButton, icons } from '@guichet/ui';
import { useText } from '../texts.ts';

export interface Toast {
  readonly text: string;
  readonly tone?: 'danger';
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Shown extends Toast {
  readonly id: number;
}

const shown = signal<readonly Shown[]>([]);
let next = 1;

/** At most this many at once; older ones give way. */
const most = 3;

export function toast(notice: Toast): void {
  const same = shown.value.filter(({ text }) => text !== notice.text);
  shown.value = [...same, { ...notice, id: next++ }].slice(-most);
}

function dismiss(id: number): void {
  shown.value = shown.value.filter((notice) => notice.id !== id);
}

/** The regions exist before anything is said in them, else screen readers miss the first notice. */
export function Toasts() {
  const done = shown.value.filter(({ tone }) => tone === undefined);
  const refused = shown.value.filter(({ tone }) => tone === 'danger');
  return (
    <div class="toasts">
      <div role="status">{done.map((notice) => <Notice key={notice.id} notice={notice} />)}</div>
      <div role="alert">{refused.map((notice) => <Notice key={notice.id} notice={notice} />)}</div>
    </div>
  );
}

function Notice({ notice }: { readonly notice: Shown }) {
  const { t } = useText();
  const { id, text, tone, action } = notice;
  useEffect(() => {
    // A refusal stays until it is put away: it may be the only trace of what was not done.
    if (tone === 'danger') return undefined;
    const timer = setTimeout(() => dismiss(id), action === undefined ? 5_000 : 8_000);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div class="toast" data-tone={tone}>
      <Icon path={tone === 'danger' ? icons.alert : icons.check} />
      <span>{text}</span>
      {action !== undefined && (
        <button
          type="button"
          class="toast-action"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <IconButton class="tiny" label={t('toast.dismiss')} path={icons.cross} onClick={() => dismiss(id)} />
    </div>
  );
}
