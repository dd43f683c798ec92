// In place of the list's head while requests are marked: how many, and what can be done with all of them.
import { Avatar, Icon, IconButton, icons } from '@guichet/ui';
import type { SupportRequest } from '@guichet/sdk';
import { useCategories } from '../details/categories.ts';
import { useDesk } from '../desk.ts';
import { useAgents } from '../dialogs/action.tsx';
import { SnoozeItems } from '../dialogs/snooze.tsx';
import { ask } from '../shell/asked.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { useText } from '../texts.ts';
import { useBulk } from './bulk.ts';
import { priorities } from './filter.ts';

export function BulkBar({ name, rows }: { readonly name: string; readonly rows: readonly SupportRequest[] }) {
  const { t } = useText();
  const { selection, me } = useDesk();
  const bulk = useBulk();
  const agents = useAgents();
  const categories = useCategories();
  const ids = [...selection.ids.value];
  const all = rows.length > 0 && rows.every(({ id }) => selection.ids.value.has(id));
  return (
    <header class="bulk" role="group" aria-label={t('bulk.title')}>
      <h1 class="visually-hidden">{name}</h1>
      <label class="bulk-all">
        <input
          type="checkbox"
          checked={all}
          aria-label={t('bulk.all')}
          onChange={() => {
            if (all) selection.keep([]);
            else for (const { id } of rows) if (!selection.ids.peek().has(id)) selection.toggle(id);
          }}
        />
        <span aria-live="polite">{t('bulk.count', { count: ids.length })}</span>
      </label>
      <IconButton label={t('action.resolve')} path={icons.check} disabled={ids.length === 0} onClick={() => void bulk.run(ids, { action: 'resolve' }, { action: 'reopen' })} />
      <Menu label={t('details.assignee')} buttonClass="icon-button" buttonLabel={t('bulk.assign')} button={<Icon path={icons.user} />} edge="end" disabled={ids.length === 0}>
        <MenuItem icon={<Avatar id={me.id} name={me.name} size="small" />} onChoose={() => void bulk.run(ids, { action: 'assign', agent_id: me.id })}>
          {t('details.you', { name: me.name })}
        </MenuItem>
        {agents
          .filter(({ id }) => id !== me.id)
          .map(({ id, name }) => (
            <MenuItem key={id} icon={<Avatar id={id} name={name} size="small" />} onChoose={() => void bulk.run(ids, { action: 'assign', agent_id: id })}>
              {name}
            </MenuItem>
          ))}
        <hr />
        <MenuItem icon={<Icon path={icons.inbox} />} onChoose={() => void bulk.run(ids, { action: 'assign', agent_id: null })}>
          {t('details.nobody')}
        </MenuItem>
      </Menu>
      <Menu label={t('action.snooze')} buttonClass="icon-button" buttonLabel={t('action.snooze')} button={<Icon path={icons.moon} />} edge="end" disabled={ids.length === 0}>
        <SnoozeItems onUntil={(until) => void bulk.run(ids, { action: 'snooze', until }, { action: 'snooze', until: null })} />
        <hr />
        <MenuItem icon={<Icon path={icons.sun} />} onChoose={() => void bulk.run(ids, { action: 'snooze', until: null })}>
          {t('snooze.wake')}
        </MenuItem>
      </Menu>
      <Menu label={t('bulk.more')} buttonClass="icon-button" buttonLabel={t('bulk.more')} button={<Icon path={icons.more} heavy />} edge="end" disabled={ids.length === 0}>
        <div role="group" aria-label={t('details.priority')}>
          {priorities.map((priority) => (
            <MenuItem key={priority} icon={<Icon path={icons.level} />} onChoose={() => void bulk.run(ids, { action: 'update', priority })}>
              {t('filter.priority_is', { priority: t(`priority.${priority}`) })}
            </MenuItem>
          ))}
        </div>
        <hr />
        <div role="group" aria-label={t('details.category')}>
          {categories.map(({ id, name }) => (
            <MenuItem key={id} icon={<Icon path={icons.list} />} onChoose={() => void bulk.run(ids, { action: 'update', category: id })}>
              {name}
            </MenuItem>
          ))}
        </div>
        <hr />
        <MenuItem icon={<Icon path={icons.reopen} />} onChoose={() => void bulk.run(ids, { action: 'reopen' })}>
          {t('action.reopen')}
        </MenuItem>
        <MenuItem icon={<Icon path={icons.lock} />} onChoose={() => ask({ what: 'bulk_close' })}>
          {t('action.close')}
        </MenuItem>
      </Menu>
      <IconButton label={t('bulk.clear')} path={icons.cross} onClick={() => selection.clear()} />
    </header>
  );
}
