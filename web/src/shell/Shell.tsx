import {
  CloseOutlined,
  GlobalOutlined,
  LogoutOutlined,
  MenuOutlined,
  SearchOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Drawer, Dropdown, Grid, Input, type InputRef, Menu, Modal, Spin } from 'antd';
import { type RefObject, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, Outlet, useLocation, useMatches, useNavigate, useNavigation } from 'react-router';
import { patch, remove } from '../api/client';
import { type Session, useSessionQuery } from '../api/session';
import { currentLanguage, localeOf, setLanguage } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { SeeingAs } from '../roles/SeeAs';
import type { Entry } from '../routes';
import { useShortcuts } from './keys';
import { type MenuEntry, menu } from './menu';

/** The signed-in app: menu, search, and the page of the address. Sends everybody else to the door. */
export function Shell() {
  const session = useSessionQuery();
  const location = useLocation();
  if (session.isPending) return <Spin fullscreen delay={200} />;
  if (session.isError) return <ErrorView error={session.error} onRetry={() => session.refetch()} />;
  const here = location.pathname + location.search;
  if (!session.data)
    return <Navigate to={here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`} replace />;
  if (session.data.must_change_password || session.data.second_step_missing) return <Navigate to="/login" replace />;
  return <Frame session={session.data} />;
}

function allowed(entries: MenuEntry[], permissions: string[]): MenuEntry[] {
  return entries
    .filter((entry) => !entry.permission || permissions.includes(entry.permission))
    .map((entry) => ({ ...entry, children: entry.children && allowed(entry.children, permissions) }));
}

/** The menu line of an address: the longest path that it begins with. */
export function chosen(entries: MenuEntry[], path: string): string {
  const all = entries.flatMap((entry) => [entry, ...(entry.children ?? [])]).map((entry) => entry.to);
  const fits = all.filter((to) => path === to || (to !== '/' && path.startsWith(`${to}/`)));
  return fits.sort((a, b) => b.length - a.length)[0] ?? '/';
}

function Frame({ session }: { session: Session }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const navigation = useNavigation();
  const { pathname } = useLocation();
  const phone = !Grid.useBreakpoint().md;
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const search = useRef<InputRef>(null);
  const rooms = useMemo(() => allowed(menu, session.permissions), [session.permissions]);
  const entry = useMatches().at(-1)?.handle as Entry | undefined;
  const refused = entry?.permission && !session.permissions.includes(entry.permission);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of page closes the drawer
  useEffect(() => setOpen(false), [pathname]);
  useShortcuts(
    useCallback(
      (meaning) => {
        if (meaning === 'help') setHelp(true);
        else if (meaning === 'search') search.current?.focus({ cursor: 'all' });
        else navigate(meaning === 'today' ? '/' : `/${meaning}`);
      },
      [navigate],
    ),
  );

  const items = (
    <Menu
      mode="inline"
      selectedKeys={[chosen(rooms, pathname)]}
      defaultOpenKeys={['room:/customers', 'room:/service']}
      items={rooms.map((room) => ({
        key: room.children ? `room:${room.to}` : room.to,
        icon: room.icon,
        label: room.children ? t(room.name) : <Link to={room.to}>{t(room.name)}</Link>,
        children: room.children?.map((child) => ({
          key: child.to,
          label: <Link to={child.to}>{t(child.name)}</Link>,
        })),
      }))}
    />
  );

  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      {!phone && (
        <aside className="side">
          <Link to="/" className="brand" aria-label={t('shell.home')}>
            <span className="seal" aria-hidden>
              尊
            </span>
            <span className="brand-name">{t('brand')}</span>
          </Link>
          <nav aria-label={t('shell.menu')}>{items}</nav>
        </aside>
      )}
      <div className="body">
        <header className="top">
          {phone && (
            <Button
              type="text"
              icon={<MenuOutlined />}
              aria-label={t('shell.menu')}
              onClick={() => setOpen(true)}
              aria-expanded={open}
            />
          )}
          <Find field={search} phone={phone} />
          <Account session={session} onHelp={() => setHelp(true)} />
        </header>
        {(session as { seen_by?: string }).seen_by && <SeeingAs name={session.staff.name} />}
        <main id="main" tabIndex={-1} className={navigation.state === 'loading' ? 'main waiting' : 'main'}>
          <Suspense fallback={<Spin className="centre" delay={200} />}>
            {refused ? <ErrorView text={t('error.forbidden')} /> : <Outlet />}
          </Suspense>
        </main>
        {phone && (
          <nav className="tabs" aria-label={t('shell.menu')}>
            {rooms.map((room) => {
              const current = room.to === '/' ? pathname === '/' : pathname.startsWith(room.to);
              return (
                <Link key={room.to} to={room.to} aria-current={current ? 'page' : undefined}>
                  {room.icon}
                  <span>{t(room.name)}</span>
                </Link>
              );
            })}
          </nav>
        )}
      </div>
      <Drawer
        open={open && phone}
        onClose={() => setOpen(false)}
        placement="left"
        size={280}
        title={t('brand')}
        closeIcon={<CloseOutlined aria-label={t('action.close')} />}
        styles={{ body: { padding: 8 } }}
      >
        <nav aria-label={t('shell.menu')}>{items}</nav>
      </Drawer>
      <Modal open={help} onCancel={() => setHelp(false)} footer={null} title={t('keys.title')} width={420}>
        <dl className="keys">
          {(['search', 'today', 'customers', 'tiers', 'service', 'move', 'open', 'help'] as const).map((name) => (
            <Key key={name} name={name} />
          ))}
        </dl>
        {session.permissions.includes('work_tickets') && (
          <>
            <h3 className="keys-part">{t('keys.desk')}</h3>
            <dl className="keys">
              {(['next', 'create', 'reply', 'note', 'solve', 'assign', 'urgent', 'why', 'send', 'leave'] as const).map(
                (name) => (
                  <Key key={name} name={name} />
                ),
              )}
            </dl>
          </>
        )}
      </Modal>
    </div>
  );
}

function Key({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <dt>
        {t(`keys.${name}.keys`)
          .split(' ')
          .map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
      </dt>
      <dd>{t(`keys.${name}.does`)}</dd>
    </div>
  );
}

/** Finds customers: on their list as one types, from elsewhere on Enter. The address holds the words. */
function Find({ field, phone }: { field: RefObject<InputRef | null>; phone: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const onList = pathname === '/customers';
  const asked = (onList && new URLSearchParams(search).get('search')) || '';
  const [text, setText] = useState(asked);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setText((now) => (now.trim() === asked ? now : asked));
  }, [asked]);
  const go = (words: string) => {
    clearTimeout(timer.current);
    const next = new URLSearchParams(onList ? search : '');
    if (words.trim()) next.set('search', words.trim());
    else next.delete('search');
    navigate({ pathname: '/customers', search: next.toString() }, { replace: onList });
  };
  return (
    <Input
      ref={field}
      className="find"
      prefix={<SearchOutlined aria-hidden />}
      placeholder={phone ? t('shell.search_short') : t('shell.search')}
      aria-label={t('shell.search_short')}
      type="search"
      enterKeyHint="search"
      value={text}
      allowClear
      onChange={(event) => {
        const words = event.target.value;
        setText(words);
        clearTimeout(timer.current);
        // A half-spelt syllable of an input method is no question yet.
        const composing = (event.nativeEvent as InputEvent).isComposing;
        if (onList && !composing) timer.current = setTimeout(() => go(words), 250);
      }}
      onCompositionEnd={(event) => {
        if (onList) go(event.currentTarget.value);
      }}
      onPressEnter={(event) => {
        if (!event.nativeEvent.isComposing) go(text);
      }}
      suffix={phone || text ? undefined : <kbd aria-hidden>/</kbd>}
    />
  );
}

function Account({ session, onHelp }: { session: Session; onHelp: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const other = currentLanguage() === 'zh-CN' ? 'en' : 'zh-CN';
  const leave = async () => {
    await remove('/session').catch(() => undefined);
    queries.clear();
    navigate('/login');
  };
  // The server writes its own texts (errors, reasons) in the language of the account.
  const speak = async () => {
    await patch('/session', { locale: localeOf(other) }).catch(() => undefined);
    await setLanguage(other);
    void queries.invalidateQueries();
  };
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'account', icon: <UserOutlined />, label: t('shell.account') },
          { key: 'language', icon: <GlobalOutlined />, label: t('shell.other_language') },
          { key: 'help', label: t('keys.title') },
          { type: 'divider' },
          { key: 'leave', icon: <LogoutOutlined />, label: t('shell.sign_out') },
        ],
        onClick: ({ key }) => {
          if (key === 'account') navigate('/settings/account');
          if (key === 'language') void speak();
          if (key === 'help') onHelp();
          if (key === 'leave') void leave();
        },
      }}
    >
      <Button type="text" className="account" aria-label={t('shell.account_of', { name: session.staff.name })}>
        <span className="avatar" aria-hidden>
          {session.staff.name.slice(0, 1).toUpperCase()}
        </span>
        <span className="account-name">{session.staff.name}</span>
      </Button>
    </Dropdown>
  );
}
