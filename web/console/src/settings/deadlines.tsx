// How long the first answer and the resolution may take, by priority.
import { useState } from 'preact/hooks';
import type { Priority, ServicePolicy } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { priorities } from '../inbox/filter.ts';
import { GeneralProblem, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Loaded, useFetched } from './page.tsx';

export function DeadlinesPage() {
  const { settings } = useDesk();
  const policies = useFetched(() => settings.policies());
  return <Loaded from={policies}>{(items) => <DeadlinesForm key={items.map((one) => `${one.first_response_minutes}/${one.resolution_minutes}`).join()} items={items} onSaved={(saved) => policies.set(saved)} />}</Loaded>;
}

function DeadlinesForm({ items, onSaved }: { readonly items: readonly ServicePolicy[]; readonly onSaved: (items: ServicePolicy[]) => void }) {
  const { t } = useText();
  const { settings } = useDesk();
  const form = useSubmission([]);
  const [spans, setSpans] = useState(() => Object.fromEntries(priorities.map((priority) => [priority, spanOf(items, priority)])) as Record<Priority, { first: string; resolution: string }>);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const save = () => {
    const read = priorities.map((priority) => ({ priority, first_response_minutes: minutesOf(spans[priority].first), resolution_minutes: minutesOf(spans[priority].resolution) }));
    const refused = read.flatMap(({ priority, first_response_minutes: first, resolution_minutes: resolution }) => [
      ...(first === null ? [`${priority}.first`] : []),
      ...(resolution === null || (first !== null && resolution < first) ? [`${priority}.resolution`] : []),
    ]);
    setWrong(refused);
    if (refused.length > 0) return;
    void form.submit(async () => {
      onSaved(await settings.setPolicies(read as ServicePolicy[]));
      toast({ text: t('settings.saved') });
    });
  };
  return (
    <form
      class="stack card-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <table class="spans">
        <thead>
          <tr>
            <th scope="col">{t('details.priority')}</th>
            <th scope="col">{t('due.first_response')}</th>
            <th scope="col">{t('due.resolution')}</th>
          </tr>
        </thead>
        <tbody>
          {priorities.toReversed().map((priority) => (
            <tr key={priority}>
              <th scope="row">{t(`priority.${priority}`)}</th>
              {(['first', 'resolution'] as const).map((which) => (
                <td key={which}>
                  <div class={`input${wrong.includes(`${priority}.${which}`) ? ' invalid' : ''}`}>
                    <input
                      value={spans[priority][which]}
                      aria-label={`${t(`priority.${priority}`)}, ${t(which === 'first' ? 'due.first_response' : 'due.resolution')}`}
                      aria-invalid={wrong.includes(`${priority}.${which}`)}
                      onInput={({ currentTarget }) => setSpans({ ...spans, [priority]: { ...spans[priority], [which]: currentTarget.value } })}
                    />
                  </div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class={wrong.length > 0 ? 'inline-error' : 'meta'} role={wrong.length > 0 ? 'alert' : undefined}>
        {t(wrong.length > 0 ? 'deadlines.wrong' : 'deadlines.hint')}
      </p>
      <GeneralProblem problem={form.problem} />
      <footer>
        <Button type="submit" look="primary" aria-disabled={form.busy}>
          {t('form.save')}
        </Button>
      </footer>
    </form>
  );
}

function spanOf(items: readonly ServicePolicy[], priority: Priority): { first: string; resolution: string } {
  const policy = items.find((one) => one.priority === priority);
  return { first: spanText(policy?.first_response_minutes ?? 60), resolution: spanText(policy?.resolution_minutes ?? 240) };
}

/** `90` as `1 h 30 min`; read back by `minutesOf`. */
export function spanText(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours > 0 ? `${hours} h` : '', rest > 0 || hours === 0 ? `${rest} min` : ''].filter(Boolean).join(' ');
}

/** Minutes of `45 min`, `1 h 30`, `1h30`, `2 j`, `2 d`; a bare number is minutes. Null for anything else, and for none. */
export function minutesOf(text: string): number | null {
  const match = /^(?:(\d+)\s*[jd])?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*(?:m|min|mn)?)?$/i.exec(text.trim().replace(/\u00a0|\u202f/g, ' '));
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const all = (days * 24 + hours) * 60 + minutes;
  return all > 0 ? all : null;
}
