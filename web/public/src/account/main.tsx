import '@guichet/ui/styles/tokens.css';
import '@guichet/ui/styles/base.css';
import '../styles/page.css';
import '../styles/form.css';
import '../styles/account.css';
import { show } from '../frame.tsx';
import { AccountPages } from './pages.tsx';

show(<AccountPages />);
