// The dialog that is asked for, if any.
import { useEffect } from 'preact/hooks';
import { asked } from '../shell/asked.ts';
import { ActionDialog } from './action.tsx';
import { DeleteDialog } from './delete.tsx';
import { FollowUpDialog } from './follow-up.tsx';
import { MergeDialog } from './merge.tsx';
import { OpenForSomebody } from './open-for-somebody.tsx';
import { RenameDialog } from './rename.tsx';
import { SnoozeDialog } from './snooze.tsx';
import { BulkCloseDialog } from '../inbox/bulk-close.tsx';
import { FilterDialog } from '../inbox/filter-dialog.tsx';
import { SaveViewDialog } from '../inbox/save-view.tsx';
import { Palette } from '../palette/palette.tsx';

export function Dialogs() {
  const question = asked.value;
  // Whoever signs in next is not asked what was asked before.
  useEffect(
    () => () => {
      asked.value = null;
    },
    [],
  );
  const close = () => {
    // Another may have been asked for meanwhile.
    if (asked.value === question) asked.value = null;
  };
  switch (question?.what) {
    case 'action':
      return <ActionDialog key={`${question.name} ${question.request.id}`} name={question.name} request={question.request} onClose={close} />;
    case 'merge':
      return <MergeDialog request={question.request} onClose={close} />;
    case 'follow_up':
      return <FollowUpDialog request={question.request} onClose={close} />;
    case 'rename':
      return <RenameDialog request={question.request} onClose={close} />;
    case 'delete':
      return <DeleteDialog request={question.request} onClose={close} />;
    case 'snooze':
      return <SnoozeDialog request={question.request} onClose={close} />;
    case 'open_for_somebody':
      return <OpenForSomebody onClose={close} />;
    case 'palette':
      return <Palette onClose={close} />;
    case 'filter':
      return <FilterDialog onClose={close} />;
    case 'save_view':
      return <SaveViewDialog onClose={close} />;
    case 'bulk_close':
      return <BulkCloseDialog onClose={close} />;
    default:
      return null;
  }
}
