// What the pages of the settings share: reading what is set, lists of it, and taking something away.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Button, Empty, Icon, icons, Skeleton, useLate } from '@guichet/ui';
import { refusal } from '../conversation/actions.ts';
import { Fetched } from '../fetched.ts';
import { Dialog } from '../shell/dialog.tsx';
import { GeneralProblem, useSubmission } from '../shell/form.tsx';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';

/** Read for this page alone. */
export function useFetched<Value>(read: () => Promise<Value>): Fetched<Value> {
  return useMemo(() => new Fetched(read), []);
}

/** Puts one of a list behind its next. However that ends, the list is shown as it is then. */
export function useSwap<One extends { readonly id: string; readonly position: number }>(move: (id: string, position: number) => Promise<unknown>, from: { reload(): unknown }) {
  const speech = useText();
  return async (one: One | undefined, next: One | undefined) => {
    if (one === undefined || next === undefined) return;
    // Two that shared a place are told apart by it.
    const behind = one.position === next.position ? next.position + 1 : next.position;
    const moved = await Promise.allSettled([move(one.id, behind), move(next.id, one.position)]);
    const failed = moved.find((end) => end.status === 'rejected');
    if (failed !== undefined) toast({ text: refusal(failed.reason, speech), tone: 'danger' });
    from.reload();
  };
}

export interface LoadedProps<Value> {
  readonly from: Fetched<Value>;
  readonly children: (value: Value) => ComponentChildren;
}

/** What was read, or why there is nothing to show yet. */
export function Loaded<Value>({ from, children }: LoadedProps<Value>) {
  const { t } = useText();
  const value = from.value.value;
  const problem = from.problem.value;
  // What colleagues have changed is seen as soon as the page is opened anew.
  useEffect(() => void from.reload(), [from]);
  const late = useLate(value === null && problem === null);
  if (value !== null) return <>{children(value)}</>;
  if (problem !== null) {
    return (
      <Empty
        icon={icons.offline}
        title={t('settings.failed')}
        action={
          <Button icon={icons.retry} onClick={() => void from.reload()}>
            {t('action.try_again')}
          </Button>
        }
      >
        {problem.isNetwork ? t('form.no_answer') : problem.message}
      </Empty>
    );
  }
  return (
    <div aria-busy="true" class="settings-skeleton">
      {late && ['40%', '100%', '100%', '60%'].map((width, index) => <Skeleton key={index} width={width} height="24px" />)}
    </div>
  );
}

export interface ItemProps {
  readonly title: string;
  readonly detail?: ComponentChildren;
  readonly badge?: ComponentChildren;
  readonly off?: boolean;
  readonly onEdit?: (() => void) | undefined;
  readonly onRemove?: (() => void) | undefined;
  readonly onUp?: (() => void) | undefined;
  readonly onDown?: (() => void) | undefined;
}

/** One of a list, with what can be done with it. */
export function Item({ title, detail, badge, off = false, onEdit, onRemove, onUp, onDown }: ItemProps) {
  const { t } = useText();
  const menu = [onRemove, onUp, onDown].some((action) => action !== undefined);
  return (
    <li class="item" data-off={off}>
      <div>
        <p>
          <b>{title}</b> {badge}
        </p>
        {detail !== undefined && <div class="meta">{detail}</div>}
      </div>
      {onEdit !== undefined && (
        <Button icon={icons.pen} aria-label={t('settings.edit_one', { name: title })} onClick={onEdit}>
          <span class="wide-words">{t('message.edit')}</span>
        </Button>
      )}
      {menu && (
        <Menu label={t('settings.more', { name: title })} buttonLabel={t('settings.more', { name: title })} buttonClass="icon-button" edge="end" button={<Icon path={icons.more} heavy />}>
          {onUp !== undefined && (
            <MenuItem icon={<Icon path={icons.up} />} onChoose={onUp}>
              {t('settings.up')}
            </MenuItem>
          )}
          {onDown !== undefined && (
            <MenuItem icon={<Icon path={icons.down} />} onChoose={onDown}>
              {t('settings.down')}
            </MenuItem>
          )}
          {onRemove !== undefined && (
            <MenuItem icon={<Icon path={icons.trash} />} onChoose={onRemove}>
              {t('message.delete')}
            </MenuItem>
          )}
        </Menu>
      )}
    </li>
  );
}

export interface RemovalProps {
  readonly name: string;
  readonly why: string;
  readonly remove: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before it is gone; a refusal is told in place. */
export function Removal({ name, why, remove, onClose }: RemovalProps) {
  const { t } = useText();
  const form = useSubmission([]);
  return (
    <Dialog
      title={t('settings.remove_title', { name })}
      onClose={onClose}
      actions={
        <>
          <Button autofocus onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button look="danger" aria-disabled={form.busy} onClick={() => void form.submit(remove).then((done) => done && onClose())}>
            {t('message.delete')}
          </Button>
        </>
      }
    >
      <p>{why}</p>
      <GeneralProblem problem={form.problem} />
    </Dialog>
  );
}

/** Which of a list is being made, changed, taken away. */
export function useEditing<Value>() {
  const [edited, setEdited] = useState<Value | 'new' | null>(null);
  const [removed, setRemoved] = useState<Value | null>(null);
  return {
    edited,
    removed,
    add: () => setEdited('new'),
    edit: (value: Value) => setEdited(value),
    remove: (value: Value) => setRemoved(value),
    close: () => {
      setEdited(null);
      setRemoved(null);
    },
  };
}
