// Where new requests go: the first rule that fits decides.
import { useState } from 'preact/hooks';
import type { Priority, RequestKind, RoutingRule } from '@guichet/sdk';
import { Badge, Button, icons, locales } from '@guichet/ui';
import { useCategories, useCategoryName } from '../details/categories.ts';
import { useAgents } from '../dialogs/action.tsx';
import { useDesk } from '../desk.ts';
import { Several } from '../inbox/filter-dialog.tsx';
import { kinds, priorities } from '../inbox/filter.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, SelectField, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Item, Loaded, Removal, useEditing, useFetched, useSwap } from './page.tsx';

export function RoutingPage() {
  const { t } = useText();
  const { settings } = useDesk();
  const rules = useFetched(async () => (await settings.routingRules()).toSorted((a, b) => a.position - b.position));
  const editing = useEditing<RoutingRule>();
  const describe = useDescription();
  const swap = useSwap<RoutingRule>((id, position) => settings.changeRoutingRule(id, { position }), rules);
  return (
    <Loaded from={rules}>
      {(all) => (
        <>
          {all.length === 0 && <p class="meta">{t('routing.none')}</p>}
          <ol class="items" role="list">
            {all.map((rule, index) => (
              <Item
                key={rule.id}
                title={rule.name}
                off={!rule.enabled}
                badge={!rule.enabled && <Badge>{t('routing.off')}</Badge>}
                detail={describe(rule)}
                onEdit={() => editing.edit(rule)}
                onUp={index > 0 ? () => void swap(all[index - 1], rule) : undefined}
                onDown={index < all.length - 1 ? () => void swap(rule, all[index + 1]) : undefined}
                onRemove={() => editing.remove(rule)}
              />
            ))}
          </ol>
          <Button icon={icons.plus} onClick={editing.add}>
            {t('routing.add')}
          </Button>
          {editing.edited !== null && (
            <RuleDialog rule={editing.edited === 'new' ? null : editing.edited} next={Math.max(0, ...all.map(({ position }) => position)) + 1} onClose={editing.close} onSaved={() => rules.reload()} />
          )}
          {editing.removed !== null && (
            <Removal
              name={editing.removed.name}
              why={t('routing.remove_why')}
              remove={async () => {
                await settings.removeRoutingRule(editing.removed!.id);
                await rules.reload();
              }}
              onClose={editing.close}
            />
          )}
        </>
      )}
    </Loaded>
  );
}

/** A rule in one sentence. */
function useDescription(): (rule: RoutingRule) => string {
  const { t } = useText();
  const categoryName = useCategoryName();
  const agents = useAgents();
  return ({ conditions, then }) => {
    const when = [
      ...conditions.category.map(categoryName),
      ...conditions.kind.map((one) => t(`kind.${one}`)),
      ...conditions.priority.map((one) => t('filter.priority_is', { priority: t(`priority.${one}`) })),
      ...conditions.language.map((one) => (one === 'fr' ? 'Français' : 'English')),
    ];
    const what = [
      then.agent_id !== null && t('routing.to', { agent: agents.find(({ id }) => id === then.agent_id)?.name ?? t('timeline.an_agent') }),
      then.skill !== null && t('routing.to_skilled', { skill: categoryName(then.skill) }),
      then.priority !== null && t('filter.priority_is', { priority: t(`priority.${then.priority}`) }),
    ].filter((one) => one !== false);
    return `${when.length === 0 ? t('routing.always') : when.join(', ')} → ${what.length === 0 ? t('routing.nothing') : what.join(', ')}`;
  };
}

interface RuleDialogProps {
  readonly rule: RoutingRule | null;
  readonly next: number;
  readonly onClose: () => void;
  readonly onSaved: () => Promise<void>;
}

function RuleDialog({ rule, next, onClose, onSaved }: RuleDialogProps) {
  const { t } = useText();
  const { settings } = useDesk();
  const categories = useCategories();
  const categoryName = useCategoryName();
  const agents = useAgents();
  const form = useSubmission(['name', 'conditions', 'then.skill', 'then.agent_id', 'then.priority', 'then']);
  const [name, setName] = useState(rule?.name ?? '');
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const [conditions, setConditions] = useState(rule?.conditions ?? { category: [], kind: [] as RequestKind[], priority: [] as Priority[], language: [] });
  const [skill, setSkill] = useState(rule?.then.skill ?? '');
  const [agent, setAgent] = useState(rule?.then.agent_id ?? '');
  const [priority, setPriority] = useState<Priority | ''>(rule?.then.priority ?? '');
  const wrong = form.problem.fields;
  const unchanged = { value: '', text: t('routing.unchanged') };
  const save = () =>
    form.submit(async () => {
      const said = {
        name: name.trim(),
        enabled,
        conditions,
        then: { skill: skill === '' ? null : skill, agent_id: agent === '' ? null : agent, priority: priority === '' ? null : priority },
      };
      if (rule === null) await settings.addRoutingRule({ ...said, position: next });
      else await settings.changeRoutingRule(rule.id, said);
      await onSaved();
      onClose();
      toast({ text: t('settings.saved') });
    });
  return (
    <Dialog title={t(rule === null ? 'routing.add' : 'routing.edit')} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField label={t('field.name')} value={name} onValue={setName} required maxLength={100} autofocus error={wrong['name']} />
        <h3>{t('routing.when')}</h3>
        <Several legend={t('details.category')} values={categories.map(({ id }) => id)} chosen={conditions.category} word={categoryName} onChosen={(category) => setConditions({ ...conditions, category: [...category] })} />
        <Several legend={t('filter.kind')} values={kinds} chosen={conditions.kind} word={(one) => t(`kind.${one}`)} onChosen={(kind) => setConditions({ ...conditions, kind: [...kind] })} />
        <Several legend={t('details.priority')} values={priorities} chosen={conditions.priority} word={(one) => t(`priority.${one}`)} onChosen={(list) => setConditions({ ...conditions, priority: [...list] })} />
        <Several legend={t('account.language')} values={locales} chosen={conditions.language} word={(one) => (one === 'fr' ? 'Français' : 'English')} onChosen={(language) => setConditions({ ...conditions, language: [...language] })} />
        {wrong['conditions'] !== undefined && <p class="inline-error">{wrong['conditions']}</p>}
        <h3>{t('routing.then')}</h3>
        <div class="columns">
          <SelectField label={t('routing.agent')} value={agent} onValue={setAgent} options={[unchanged, ...agents.map(({ id, name: called }) => ({ value: id, text: called }))]} error={wrong['then.agent_id'] ?? wrong['then']} />
          <SelectField label={t('routing.skill')} value={skill} onValue={setSkill} options={[unchanged, ...categories.map(({ id, name: called }) => ({ value: id, text: called }))]} error={wrong['then.skill']} />
          <SelectField
            label={t('details.priority')}
            value={priority}
            onValue={(word) => setPriority(word as Priority | '')}
            options={[unchanged, ...priorities.map((one) => ({ value: one, text: t(`priority.${one}`) }))]}
            error={wrong['then.priority']}
          />
        </div>
        <Check checked={enabled} onCheck={setEnabled}>
          {t('routing.enabled')}
        </Check>
        <GeneralProblem problem={form.problem} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('form.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
