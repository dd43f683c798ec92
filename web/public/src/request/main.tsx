import '@guichet/ui/styles/tokens.css';
import '@guichet/ui/styles/base.css';
import '@guichet/ui/styles/thread.css';
import '@guichet/ui/styles/files.css';
import '@guichet/tracker/tracker.css';
import '../styles/page.css';
import '../styles/form.css';
import '../styles/request.css';
import { show } from '../frame.tsx';
import { takeToken } from './access.ts';
import { RequestPage } from './request-page.tsx';

const token = takeToken();
// Another link that is followed while this page is open.
addEventListener('hashchange', () => {
  if (location.hash.length > 1 && takeToken() !== null) location.reload();
});
show(<RequestPage token={token} />);
