// What narrows the list, in words: each can be taken away, the whole can be kept as a view.
import { Icon, icons } from '@guichet/ui';
import { useCategoryName } from '../details/categories.ts';
import { useAgents } from '../dialogs/action.tsx';
import { go, refinement, route } from '../route.ts';
import { ask } from '../shell/asked.ts';
import { useText, type ConsoleSpeech } from '../texts.ts';
import { readQuery, writeQuery, type Query } from './filter.ts';

export function Chips() {
  const speech = useText();
  const { t } = speech;
  const at = route.value;
  const categoryName = useCategoryName();
  const agents = useAgents();
  if (at.refine === undefined) return null;
  const said = Object.fromEntries(new URLSearchParams(at.refine));
  const query = readQuery(said);
  const without = (names: readonly string[]) => {
    const rest = refinement(Object.fromEntries(Object.entries(said).filter(([name]) => !names.includes(name))));
    go(withRefinement(rest));
  };
  const agentName = (id: string) => agents.find((agent) => agent.id === id)?.name ?? id;
  const chips = describe(query, speech, categoryName, agentName);
  return (
    <div class="refined">
      {chips.length > 0 && (
        <ul role="list" aria-label={t('filter.active')}>
          {chips.map(({ names, text }) => (
            <li key={names.join()} class="tag">
              <span class="truncate">{text}</span>
              <button type="button" aria-label={t('filter.without', { filter: text })} title={t('filter.without', { filter: text })} onClick={() => without(names)}>
                <Icon path={icons.cross} size="small" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <p>
        <button type="button" class="link" onClick={() => ask({ what: 'save_view' })}>
          {t('filter.save')}
        </button>
        <button type="button" class="link" onClick={() => go(withRefinement(''))}>
          {t('filter.clear')}
        </button>
      </p>
    </div>
  );
}

/** The route of now with another refinement. */
export function withRefinement(refine: string) {
  const { refine: _, ...rest } = route.value;
  return refine === '' ? rest : { ...rest, refine };
}

/** Each restriction in words, with the parameters it stands for. */
export function describe(query: Query, { t, time }: ConsoleSpeech, categoryName: (id: string) => string, agentName: (id: string) => string): { names: string[]; text: string }[] {
  const chips: { names: string[]; text: string }[] = [];
  const put = (name: keyof Query, text: string | undefined | false) => text && chips.push({ names: [name], text });
  const joined = (words: readonly string[]) => new Intl.ListFormat(time.format({}).resolvedOptions().locale, { type: 'disjunction' }).format(words);
  put('q', query.q && t('filter.words', { words: query.q }));
  put('status', query.status && joined(query.status.map((word) => t(`status.${word}`))));
  put('priority', query.priority && t('filter.priority_is', { priority: joined(query.priority.map((word) => t(`priority.${word}`))) }));
  put('category', query.category && categoryName(query.category));
  put('kind', query.kind && joined(query.kind.map((word) => t(`kind.${word}`))));
  put('source', query.source && joined(query.source.map((word) => t(`source.${word}`))));
  const { assignee } = query;
  put('assignee', assignee && (assignee === 'none' ? t('views.unassigned') : assignee === 'me' ? t('views.mine') : agentName(assignee)));
  put('tag', query.tag && `#${query.tag}`);
  put('requester', query.requester);
  put('overdue', query.overdue && t('views.overdue'));
  put('snoozed', query.snoozed && t('views.snoozed'));
  put('archived', query.archived && t('views.archived'));
  put('deleted', query.deleted && t('views.deleted'));
  for (const name of ['order_id', 'appointment_id', 'warranty_id', 'claim_id'] as const) put(name, query[name] && `${t(`reference.${name}`)} ${query[name]}`);
  const day = time.format({ day: 'numeric', month: 'short', year: 'numeric' });
  put('created_from', query.created_from && t('filter.since', { day: day.format(new Date(query.created_from)) }));
  // The bound itself is out: the day before it is the last one that is in.
  put('created_to', query.created_to && t('filter.until', { day: day.format(new Date(Date.parse(query.created_to) - 1)) }));
  if (query.sort !== undefined || query.order !== undefined) chips.push({ names: ['sort', 'order'], text: t(`sort.${sortChoice(query)}`) });
  return chips;
}

export const sortChoices = ['latest', 'oldest', 'newest', 'priority', 'due'] as const;
export type SortChoice = (typeof sortChoices)[number];

/** The orders that are offered, as the server is asked for them. */
export const sortQueries: Readonly<Record<SortChoice, Pick<Query, 'sort' | 'order'>>> = {
  latest: {},
  oldest: { sort: 'created_at', order: 'asc' },
  newest: { sort: 'created_at', order: 'desc' },
  priority: { sort: 'priority', order: 'desc' },
  due: { sort: 'due_at', order: 'asc' },
};

/** Which of the offered orders a query has; any other one counts as the usual. */
export function sortChoice(query: Query): SortChoice {
  return sortChoices.find((choice) => choice !== 'latest' && sortQueries[choice].sort === query.sort && sortQueries[choice].order === (query.order ?? 'desc')) ?? 'latest';
}

/** What narrows the view as the address writes it, with another order; the usual one needs no word unless the view has another. */
export function sorted(narrowed: Query, choice: SortChoice, view: Query = {}): string {
  const { sort: _, order: __, ...filter } = narrowed;
  const usual = choice === 'latest' && sortChoice(view) !== 'latest' ? ({ sort: 'updated_at', order: 'desc' } as const) : {};
  return refinement(writeQuery({ ...filter, ...sortQueries[choice], ...usual }));
}
