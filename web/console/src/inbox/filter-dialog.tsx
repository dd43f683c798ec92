// Narrowing the list: what is left open does not restrict.
import { useState } from 'preact/hooks';
import { Button } from '@guichet/ui';
import { useCategories } from '../details/categories.ts';
import { useAgents } from '../dialogs/action.tsx';
import { go, refinement, route } from '../route.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, SelectField, TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';
import { withRefinement } from './chips.tsx';
import { kinds, priorities, readQuery, sources, statuses, writeQuery, type Query } from './filter.ts';

export function FilterDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const categories = useCategories();
  const agents = useAgents();
  const [query, setQuery] = useState<Query>(() => readQuery(Object.fromEntries(new URLSearchParams(route.value.refine ?? ''))));
  const set = (change: Partial<Query>) => setQuery({ ...query, ...change });
  const any = { value: '', text: t('filter.any') };
  const apply = () => {
    onClose();
    go(withRefinement(refinement(writeQuery(query))));
  };
  return (
    <Dialog title={t('filter.title')} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <Several legend={t('details.status')} values={statuses} chosen={query.status} word={(one) => t(`status.${one}`)} onChosen={(status) => set({ status })} />
        <Several legend={t('details.priority')} values={priorities} chosen={query.priority} word={(one) => t(`priority.${one}`)} onChosen={(priority) => set({ priority })} />
        <div class="columns">
          <SelectField
            label={t('details.assignee')}
            value={query.assignee ?? ''}
            onValue={(assignee) => set({ assignee })}
            options={[any, { value: 'me', text: t('filter.me') }, { value: 'none', text: t('details.nobody') }, ...agents.map(({ id, name }) => ({ value: id, text: name }))]}
          />
          <SelectField
            label={t('details.category')}
            value={query.category ?? ''}
            onValue={(category) => set({ category })}
            options={[any, ...categories.map(({ id, name }) => ({ value: id, text: name }))]}
          />
          <TextField label={t('filter.tag')} value={query.tag ?? ''} onValue={(tag) => set({ tag })} />
          <TextField label={t('filter.requester')} type="email" value={query.requester ?? ''} onValue={(requester) => set({ requester })} />
          <TextField label={t('filter.created_from')} type="date" value={dayOf(query.created_from)} onValue={(day) => set({ created_from: midnight(day) })} />
          <TextField label={t('filter.created_to')} type="date" value={dayOf(query.created_to, -1)} onValue={(day) => set({ created_to: midnight(day, 1) })} />
        </div>
        <Several legend={t('filter.kind')} values={kinds} chosen={query.kind} word={(one) => t(`kind.${one}`)} onChosen={(kind) => set({ kind })} />
        <Several legend={t('field.source')} values={sources} chosen={query.source} word={(one) => t(`source.${one}`)} onChosen={(source) => set({ source })} />
        <Check checked={query.overdue ?? false} onCheck={(overdue) => set({ overdue })}>
          {t('filter.overdue')}
        </Check>
        <footer>
          <Button onClick={() => setQuery({ ...(query.sort ? { sort: query.sort } : {}), ...(query.order ? { order: query.order } : {}) })}>{t('filter.empty')}</Button>
          <Button type="submit" look="primary">
            {t('filter.apply')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

interface SeveralProps<Word extends string> {
  readonly legend: string;
  readonly values: readonly Word[];
  readonly chosen: readonly Word[] | undefined;
  readonly word: (value: Word) => string;
  readonly onChosen: (values: readonly Word[]) => void;
}

/** Any of several words. */
export function Several<Word extends string>({ legend, values, chosen = [], word, onChosen }: SeveralProps<Word>) {
  return (
    <fieldset class="several">
      <legend>{legend}</legend>
      {values.map((value) => (
        <label key={value} class="several-one">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ currentTarget }) => onChosen(currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value))}
          />
          <span>{word(value)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The start of a day by the reader's clock, `later` days on. */
function midnight(day: string, later = 0): string | undefined {
  const [year, month, date] = day.split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined || Number.isNaN(year + month + date)) return undefined;
  return new Date(year, month - 1, date + later).toISOString();
}

/** The day of a time by the reader's clock, as a date field takes it. */
function dayOf(at: string | undefined, later = 0): string {
  if (at === undefined) return '';
  const time = new Date(at);
  const day = new Date(time.getFullYear(), time.getMonth(), time.getDate() + later);
  return [day.getFullYear(), String(day.getMonth() + 1).padStart(2, '0'), String(day.getDate()).padStart(2, '0')].join('-');
}
