// Everything from the keyboard: actions, views, settings, and any request by its number, subject or person.
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, icons } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { useDesk } from '../desk.ts';
import { go, route } from '../route.ts';
import { useText } from '../texts.ts';
import { matches, placeEntries, requestEntries, type Entry } from './entries.ts';
import { useSearch } from './search.ts';

const groups = ['requests', 'request', 'general', 'views', 'settings'] as const;

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const speech = useText();
  const { t } = speech;
  const desk = useDesk();
  const commands = useCommands();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const search = useSearch(typed);
  // Before the next key is pressed: what is typed right after must not reach the page.
  useLayoutEffect(() => dialog.current?.showModal(), []);

  const open = route.value.number === null ? undefined : desk.inbox.byNumber(route.value.number);
  const offered = [...(open === undefined ? [] : requestEntries(open, desk, commands, speech)), ...placeEntries(desk, speech)];
  const found = search.requests.map(
    (request): Entry => ({
      id: `request-${request.id}`,
      group: 'requests',
      icon: icons.chat,
      name: request.subject,
      detail: `${request.requester.name || t('request.no_name')} · ${request.number}`,
      run: () => go({ view: route.value.settings === undefined ? route.value.view : 'open', number: request.number, details: false }),
    }),
  );
  const shown = [...found, ...offered.filter(({ name }) => matches(typed, name))].toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
  const current = Math.min(at, shown.length - 1);

  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    dialog.current?.close();
    onClose();
    entry.run();
  };
  useEffect(() => {
    document.getElementById(`${list}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current, typed]);
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label={t('palette.title')}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        const to = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + 8, PageUp: current - 8 }[event.key];
        if (to !== undefined) {
          event.preventDefault();
          setAt(event.key.startsWith('Page') ? Math.min(shown.length - 1, Math.max(0, to)) : (to + shown.length) % shown.length);
        } else if (event.key === 'Enter' && !event.isComposing) {
          event.preventDefault();
          choose(shown[current]);
        } else if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          dialog.current?.close();
        }
      }}
    >
      <div class="palette-field">
        <Icon path={icons.search} />
        <input
          type="text"
          role="combobox"
          value={typed}
          placeholder={t('palette.placeholder')}
          aria-label={t('palette.placeholder')}
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={list}
          aria-activedescendant={shown.length === 0 ? undefined : `${list}-${current}`}
          autofocus
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
        />
        <kbd class="key">Esc</kbd>
      </div>
      <div id={list} role="listbox" aria-label={t('palette.title')} class="palette-list">
        {groups.map((group) => {
          const entries = shown.filter((entry) => entry.group === group);
          if (entries.length === 0) return null;
          return (
            <div key={group} role="group" aria-label={t(`palette.${group}`)}>
              <p class="meta" aria-hidden="true">
                {t(`palette.${group}`)}
              </p>
              {entries.map((entry) => {
                const index = shown.indexOf(entry);
                return (
                  <div key={entry.id} id={`${list}-${index}`} role="option" aria-selected={index === current} onMouseMove={() => setAt(index)} onClick={() => choose(entry)}>
                    <Icon path={entry.icon} /> <span class="truncate">{entry.name}</span>
                    {entry.detail !== undefined && <span class="meta truncate">{entry.detail}</span>}
                    {entry.shortcut !== undefined && <kbd class="key">{entry.shortcut}</kbd>}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
      <p class="palette-foot meta" role="status">
        {search.failed ? t('palette.failed') : shown.length === 0 ? t(search.searching ? 'palette.searching' : 'palette.none') : ''}
      </p>
    </dialog>
  );
}
